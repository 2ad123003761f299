package httpauthz

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// Actions says which action a method is.
type Actions map[string]string

// DefaultActions returns the actions read (GET and HEAD), create (POST), update (PUT and PATCH) and delete (DELETE), in a map of its own.
func DefaultActions() Actions { return CRUD("create", "read", "update", "delete") }

// CRUD returns actions by the names that a policy has for them: create is POST, read is GET and HEAD, update is PUT and PATCH, delete is DELETE.
// An action without a name is left out.
func CRUD(create, read, update, del string) Actions {
	a := Actions{
		http.MethodPost: create, http.MethodGet: read, http.MethodHead: read,
		http.MethodPut: update, http.MethodPatch: update, http.MethodDelete: del,
	}
	maps.DeleteFunc(a, func(_, action string) bool { return action == "" })
	return a
}

// Only returns the actions of some methods.
func (a Actions) Only(methods ...string) Actions {
	only := Actions{}
	for _, m := range methods {
		if action, ok := a[m]; ok {
			only[m] = action
		}
	}
	return only
}

// Action returns the action that a method is, or a [*MethodError] if it is none.
func (a Actions) Action(method string) (string, error) {
	if action := a[method]; action != "" {
		return action, nil
	}
	return "", &MethodError{Allowed: a.methods()}
}

// methods returns the methods that are actions, sorted.
func (a Actions) methods() []string {
	named := maps.Clone(a)
	maps.DeleteFunc(named, func(_, action string) bool { return action == "" })
	return slices.Sorted(maps.Keys(named))
}

// MethodError says that a method is not allowed. It is status 405.
type MethodError struct {
	Allowed []string // the methods that are, sorted
}

func (e *MethodError) Error() string {
	return fmt.Sprintf("httpauthz: the method is none of %s", strings.Join(e.Allowed, ", "))
}
