package inspect

import "go.mongodb.org/mongo-driver/v2/bson"

// KeyHash is the hash by which keys are looked up.
func KeyHash(v bson.RawValue) uint64 { return keyHash(v) }
