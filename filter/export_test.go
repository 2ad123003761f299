package filter

// Elements is for tests.
var Elements = elements
