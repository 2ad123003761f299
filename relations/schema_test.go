package relations_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/relations"
)

func TestFieldFindsDottedPaths(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	book, _ := s.Type("Book")

	ref, ok := s.Field(book, "chapters.image.width")
	require.True(t, ok)
	require.Equal(t, relations.Number, ref.Type)
	require.Equal(t, "chapters.image.width", ref.Path)
	require.Equal(t, []relations.Step{{Path: "chapters", Many: true}, {Path: "chapters.image"}}, ref.Steps)
	require.True(t, ref.CrossesArray())

	ref, ok = s.Field(book, "cover.color")
	require.True(t, ok)
	require.Equal(t, []relations.Step{{Path: "cover"}}, ref.Steps)
	require.False(t, ref.CrossesArray())

	for _, path := range []string{"", ".", "x", "cover", "cover.", "cover.x", ".color", "title.x", "publisher.name", "chapters.0.title"} {
		_, ok = s.Field(book, path)
		require.False(t, ok, path)
	}
}

func TestPresenceIsAskedOfFieldsAndEmbeddedDocuments(t *testing.T) {
	t.Parallel()
	s := mustNew(t, library()...)
	book, _ := s.Type("Book")
	ref, ok := s.Presence(book, "chapters.image")
	require.True(t, ok)
	require.Equal(t, relations.Document, ref.Type)
	require.Equal(t, []relations.Step{{Path: "chapters", Many: true}}, ref.Steps)
	for _, path := range []string{"title", "cover", "cover.color", "chapters.image.width"} {
		ref, ok = s.Presence(book, path)
		require.True(t, ok, path)
		require.Equal(t, path, ref.Path)
	}
	for _, path := range []string{"", "x", "chapters", "publisher", "cover.x", "cover."} {
		_, ok = s.Presence(book, path)
		require.False(t, ok, path)
	}
}

func TestNamesOfConstants(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Timestamp", relations.Timestamp.String())
	require.Equal(t, "ValueType(0)", relations.ValueType(0).String())
	require.Equal(t, "Through", relations.Through.String())
	require.Equal(t, "Kind(99)", relations.Kind(99).String())
	require.Equal(t, "NoConversion", relations.NoConversion.String())
	require.Equal(t, "Conversion(99)", relations.Conversion(99).String())
}

func TestKindsThatReachOne(t *testing.T) {
	t.Parallel()
	require.True(t, relations.EmbedsOne.ToOne())
	require.True(t, relations.ReferencesOne.ToOne())
	require.False(t, relations.HasOne.ToOne(), "it behaves as has many")
	require.False(t, relations.Through.ToOne())
}

func TestSchemaErrorSaysWhere(t *testing.T) {
	t.Parallel()
	require.EqualError(t, &relations.SchemaError{Type: "T", Field: "f", Problem: "p"}, "relations: T.f: p")
	require.EqualError(t, &relations.SchemaError{Type: "T", Problem: "p"}, "relations: T: p")
	require.EqualError(t, &relations.SchemaError{Problem: "p"}, "relations: p")
}
