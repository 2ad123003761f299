package mongoauthz

import (
	"errors"
	"fmt"
	"reflect"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz/internal/driver"
	"go.mongodb.org/mongo-driver/v2/bson"
)

// Resource is what an actor wants to act on: a document in hand ([Document]) or a stored one
// ([ID]). The zero Resource is refused.
//
// Where a resource is asked for, a Go value that has a resource type may stand in place of its
// Document: a struct named as the type, or a [ResourceTyper], or a pointer to one of them.
//
// A document in hand is judged as it is given, by the scope of its type too; what it is related to
// is read from the database. Nothing tells whether it is stored so, or still is: that does for what
// a page shows, but a write is guarded by what is stored (the authorized writes), or by [ID] if it
// may come too late.
//
// Hand in the whole document. A field that a projection leaves out is missing, which grants where a
// policy asks for absence (IsNull, and None or SubsetOf over what is declared to be empty when
// absent). A Go struct without a field for what the policy reads is refused: "not deleted" would be
// true of it.
type Resource struct {
	typ      string
	document any
	id       any
	stored   bool
}

// Document returns the resource for a document in hand: raw BSON (bson.Raw or []byte), a bson.D, or
// whatever else the driver would store. Go values are encoded as the schema says
// (relations.Encoding).
func Document(resourceType string, document any) Resource {
	return Resource{typ: resourceType, document: document}
}

// ID returns the resource for the stored document with an _id. The _id is encoded as the schema
// says, and converted as the schema declares for the field _id. A string is read as the text of a
// value of the declared type (relations.Schema.FromText), so that an id in a URL can be handed in as
// it is; one that names no such value is the id of no document. Where _id is not declared, it is
// taken as it is. Where a type declares another key, that is not looked at: only of _id there is
// sure to be no second.
func ID(resourceType string, id any) Resource {
	return Resource{typ: resourceType, id: id, stored: true}
}

// Type returns the resource type, as it was given; "" for the zero Resource.
func (r Resource) Type() string { return r.typ }

// target is a resource that was found to be one.
type target struct {
	typ      string
	document bson.Raw      // of a document in hand
	of       reflect.Type  // the Go type that it was made of
	id       bson.RawValue // of a stored one, not converted yet
	stored   bool
}

// target finds out what a resource is: its type, and its document or _id in BSON.
func (az *Authorizer) target(resource any) (target, error) {
	r, named := resource.(Resource)
	if !named {
		if driver.IsNil(resource) {
			return target{}, &ArgumentError{Name: "resource", Problem: "is nil"}
		}
		r = Document(typeName(reflect.TypeOf(resource)), resource)
	}
	if err := az.knows(r.typ); err != nil {
		if unknown, ok := errors.AsType[*UnknownResourceError](err); ok && !named {
			unknown.Problem += fmt.Sprintf(" (that is the type of a %T; Document gives it another)", resource)
		}
		return target{}, err
	}
	t := target{typ: r.typ, stored: r.stored}
	var err error
	if r.stored {
		t.id, err = az.encodeID(r.id)
	} else {
		t.document, err = az.encode(r.document)
		t.of = goType(r.document)
	}
	return t, err
}

// inHand is target for what is asked only of documents in hand.
func (az *Authorizer) inHand(resource any) (target, error) {
	t, err := az.target(resource)
	if err == nil && t.stored {
		return target{}, &ArgumentError{Name: "resource", Problem: "is an ID, where a document is needed"}
	}
	return t, err
}
