package mongoauthz

// FindFilter and InBounds are how the fetcher asks, for the tests of what it never asks.
var (
	FindFilter = findFilter
	InBounds   = inBounds
)
