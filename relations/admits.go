package relations

import "go.mongodb.org/mongo-driver/v2/bson"

// Admits reports whether a stored value of a BSON type is a value of v. AnyType admits every type, null
// included; every other value type refuses null. A ValueType that is none admits nothing.
func (v ValueType) Admits(t bson.Type) bool { return v.admits(t) }
