package mongoauthz

import "github.com/mongoauthz/go-mongoauthz/relations"

// Loses is what an update loses of the fields that a type requires.
func Loses(s *relations.Schema, typ string, update any) (string, error) {
	u, err := (&Authorizer{}).update(update)
	if err != nil {
		return "", err
	}
	t, _ := s.Type(typ)
	return u.loses(s, t), nil
}
