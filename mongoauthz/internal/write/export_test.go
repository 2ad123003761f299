package write

// All returns the changes of an update document.
func (u *Update) All() Changes { return u.changes }
