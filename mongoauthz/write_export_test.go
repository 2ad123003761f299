package mongoauthz

import "go.mongodb.org/mongo-driver/v2/bson"

// After is what an update document makes of a document, as it is known beforehand.
func After(document bson.Raw, callers any) (bson.Raw, error) {
	u, err := (&Authorizer{}).update(callers)
	if err != nil {
		return nil, err
	}
	if err := predictable(u.changes); err != nil {
		return nil, err
	}
	return apply(document, u.changes)
}
