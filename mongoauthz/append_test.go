package mongoauthz_test

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/stretchr/testify/require"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

func TestAppendAcceptsStagesThatStayInside(t *testing.T) {
	t.Parallel()
	stages := []bson.D{
		stage("$addFields", bson.D{{Key: "n", Value: 1}}),
		stage("$bucket", bson.M{"groupBy": "$pages", "boundaries": []int{0, 100}}),
		stage("$bucketAuto", bson.M{"groupBy": "$pages", "buckets": 3}),
		stage("$count", "n"),
		stage("$densify", bson.M{"field": "pages", "range": bson.M{"step": 1, "bounds": "full"}}),
		stage("$facet", bson.M{"page": bson.A{bson.M{"$skip": 1}}, "total": []bson.D{stage("$count", "n")}, "all": mongo.Pipeline{}}),
		stage("$fill", bson.M{"output": bson.M{"pages": bson.M{"value": 0}}}),
		stage("$group", bson.M{"_id": "$publisher_id", "titles": bson.M{"$push": "$title"}}),
		stage("$limit", 10),
		stage("$match", bson.M{"title": bson.Regex{Pattern: "^a", Options: "i"}}),
		stage("$project", struct {
			Title int `bson:"title"`
		}{1}),
		stage("$redact", "$$DESCEND"),
		stage("$replaceRoot", bson.M{"newRoot": "$address"}),
		stage("$replaceWith", "$address"),
		stage("$sample", map[string]any{"size": 3}),
		stage("$set", bson.M{"n": 1}),
		stage("$setWindowFields", bson.M{"sortBy": bson.M{"pages": 1}, "output": bson.M{"rank": bson.M{"$rank": bson.M{}}}}),
		stage("$skip", int64(20)),
		stage("$sort", bson.D{{Key: "title", Value: 1}, {Key: "_id", Value: 1}}),
		stage("$sortByCount", "$title"),
		stage("$unset", []string{"a", "b"}),
		stage("$unwind", "$tags"),
	}
	q := query(t, conditional)
	longer, err := q.Append(stages...)
	require.NoError(t, err)
	got := longer.Pipeline()
	require.Equal(t, text(t, q.Pipeline()), text(t, got[:1]), "first the authorization")
	for i, want := range stages {
		if _, isM := want[0].Value.(bson.M); !isM { // which has no order
			require.Equal(t, text(t, mongo.Pipeline{want}), text(t, got[i+1:i+2]), "as it was given")
		}
	}
}

func TestAppendRefusesStagesThatStepOutside(t *testing.T) {
	t.Parallel()
	js := bson.M{"body": "function() {}", "args": bson.A{}, "lang": "js"}
	tests := map[string]struct {
		stage bson.D
		named string
		where string
	}{
		"look-up in another collection":  {stage("$lookup", bson.M{"from": "users"}), "$lookup", "stage 2"},
		"look-up in the same collection": {stage("$lookup", bson.M{"from": "books"}), "$lookup", "stage 2"},
		"graph look-up":                  {stage("$graphLookup", bson.M{}), "$graphLookup", "stage 2"},
		"union":                          {stage("$unionWith", "books"), "$unionWith", "stage 2"},
		"write":                          {stage("$out", "copy"), "$out", "stage 2"},
		"merge":                          {stage("$merge", bson.M{"into": "copy"}), "$merge", "stage 2"},
		"near":                           {stage("$geoNear", bson.M{}), "$geoNear", "stage 2"},
		"search":                         {stage("$search", bson.M{}), "$search", "stage 2"},
		"search's counts":                {stage("$searchMeta", bson.M{}), "$searchMeta", "stage 2"},
		"vector search":                  {stage("$vectorSearch", bson.M{}), "$vectorSearch", "stage 2"},
		"change stream":                  {stage("$changeStream", bson.M{}), "$changeStream", "stage 2"},
		"documents from nowhere":         {stage("$documents", bson.A{}), "$documents", "stage 2"},
		"statistics":                     {stage("$collStats", bson.M{}), "$collStats", "stage 2"},
		"other sessions":                 {stage("$listSessions", bson.M{}), "$listSessions", "stage 2"},
		"internal":                       {stage("$_internalInhibitOptimization", bson.M{}), "$_internalInhibitOptimization", "stage 2"},
		"of the future":                  {stage("$somethingNew", bson.M{}), "$somethingNew", "stage 2"},
		"another case":                   {stage("$Match", bson.M{}), "$Match", "stage 2"},
		"no operator":                    {stage("title", "x"), "title", "stage 2"},
		"no name":                        {stage("", 1), "", "stage 2"},
		"nothing":                        {bson.D{}, "", "stage 2"},
		"nil":                            {nil, "", "stage 2"},
		"two keys":                       {bson.D{{Key: "$match", Value: bson.D{}}, {Key: "$lookup", Value: bson.D{}}}, "", "stage 2"},
		"a name cut short":               {stage("$match\x00", bson.D{}), "", "stage 2"},

		"inside a facet":            {stage("$facet", bson.D{{Key: "a", Value: bson.A{}}, {Key: "b", Value: bson.A{bson.M{"$skip": 1}, bson.M{"$lookup": bson.M{}}}}}), "$lookup", "stage 2, $facet.b, stage 2"},
		"inside a facet in a facet": {stage("$facet", bson.M{"a": mongo.Pipeline{stage("$facet", bson.M{"b": []bson.M{{"$out": "x"}}})}}), "$out", "stage 2, $facet.a, stage 1, $facet.b, stage 1"},
		"a facet's empty stage":     {stage("$facet", bson.M{"a": bson.A{bson.M{}}}), "", "stage 2, $facet.a, stage 1"},
		"a facet of one stage":      {stage("$facet", bson.M{"a": bson.M{"$limit": 1}}), "$facet", "stage 2"},
		"a facet of texts":          {stage("$facet", bson.M{"a": bson.A{"$limit"}}), "$facet", "stage 2"},
		"a facet of nothing":        {stage("$facet", nil), "$facet", "stage 2"},
		"a facet that is a pipe":    {stage("$facet", bson.A{bson.M{"$limit": 1}}), "$facet", "stage 2"},

		"JavaScript in a match":       {stage("$match", bson.M{"$where": "sleep(1000)"}), "$match", "stage 2"},
		"JavaScript in an expression": {stage("$match", bson.M{"$expr": bson.M{"$and": bson.A{true, bson.M{"$function": js}}}}), "$match", "stage 2"},
		"JavaScript in a set":         {stage("$set", bson.D{{Key: "x", Value: bson.D{{Key: "$function", Value: js}}}}), "$set", "stage 2"},
		"JavaScript in a group":       {stage("$group", map[string]any{"_id": nil, "x": map[string]bson.M{"$accumulator": js}}), "$group", "stage 2"},
		"JavaScript in a struct": {stage("$set", struct {
			X struct {
				F string `bson:"$function"`
			}
		}{}), "$set", "stage 2"},
		"JavaScript in a pointer":        {stage("$set", &bson.M{"x": &bson.M{"$function": js}}), "$set", "stage 2"},
		"JavaScript in raw BSON":         {stage("$set", raw(t, bson.M{"x": bson.M{"$function": js}})), "$set", "stage 2"},
		"JavaScript of the server's own": {stage("$set", bson.M{"x": bson.M{"$_internalJsEmit": js}}), "$set", "stage 2"},
		"JavaScript in a facet":          {stage("$facet", bson.M{"a": bson.A{bson.M{"$match": bson.M{"$where": "1"}}}}), "$facet", "stage 2"},

		"what BSON cannot hold":              {stage("$match", bson.M{"x": make(chan int)}), "", "stage 2"},
		"a complex number":                   {stage("$match", bson.M{"x": 1i}), "", "stage 2"},
		"itself in a slice":                  {itself(), "", "stage 2"},
		"itself twice":                       {itselfTwice(), "", "stage 2"},
		"itself in a map":                    {itselfInMap(), "", "stage 2"},
		"itself in a struct":                 {itselfInStruct(), "", "stage 2"},
		"documents in documents without end": {stage("$match", nested()), "$match", "stage 2"},
	}
	q := query(t, conditional)
	before := text(t, q.Pipeline())
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			longer, err := q.Append(stage("$match", bson.D{}), tt.stage, stage("$limit", 1))
			require.Nil(t, longer)
			require.ErrorIs(t, err, mongoauthz.ErrStage)
			var refused *mongoauthz.StageError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, tt.named, refused.Stage)
			require.Equal(t, tt.where, refused.Where)
			require.Equal(t, before, text(t, q.Pipeline()))
		})
	}
}

func raw(t testing.TB, v any) bson.Raw {
	t.Helper()
	b, err := bson.Marshal(v)
	require.NoError(t, err)
	return b
}

func itself() bson.D {
	d := stage("$match", nil)
	d[0].Value = d
	return d
}

func itselfTwice() bson.D {
	d := bson.D{{Key: "a"}, {Key: "b"}}
	d[0].Value, d[1].Value = d, d
	return stage("$match", d)
}

// nested returns 40 MB of documents, each inside the one before.
func nested() bson.Raw {
	const levels, size = 5_000_000, 8 // a length, a type, a name of one letter, and the last byte
	b := make([]byte, 0, levels*size)
	for i := levels; i > 0; i-- {
		b = binary.LittleEndian.AppendUint32(b, uint32(i*size-3))
		if i > 1 {
			b = append(b, byte(bson.TypeEmbeddedDocument), 'a', 0)
		}
	}
	return append(b, make([]byte, levels)...)
}

func itselfInMap() bson.D {
	m := bson.M{}
	m["a"] = bson.A{m}
	return stage("$match", m)
}

func itselfInStruct() bson.D {
	type node struct{ Next *node }
	n := &node{}
	n.Next = n
	return stage("$match", n)
}

// A value whose inner length lies: the bytes behind it would be read as further fields of whatever it stands in.
func TestAppendReadsStagesAsTheServerDoes(t *testing.T) {
	t.Parallel()
	smuggled := append([]byte{5, 0, 0, 0, 0}, raw(t, bson.M{"$lookup": bson.M{"from": "users"}})[4:]...)
	smuggled = smuggled[:len(smuggled)-1]
	for name, value := range map[string]any{
		"in a raw value": bson.RawValue{Type: bson.TypeEmbeddedDocument, Value: smuggled},
		"cut short":      bson.RawValue{Type: bson.TypeString, Value: []byte{200, 0, 0, 0, 'a', 0}},
		"in an array":    bson.A{bson.RawValue{Type: bson.TypeArray, Value: []byte{9, 0, 0, 0}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := query(t, conditional).Append(stage("$match", value))
			require.ErrorIs(t, err, mongoauthz.ErrStage)
		})
	}
}

func TestAppendLeavesTheQueryAsItIs(t *testing.T) {
	t.Parallel()
	q := query(t, conditional)
	before := text(t, q.Pipeline())
	base, err := q.Append(stage("$limit", 100))
	require.NoError(t, err)
	one, err := base.Append(stage("$skip", 1))
	require.NoError(t, err)
	two, err := base.Append(stage("$skip", 2))
	require.NoError(t, err)
	same, err := base.Append()
	require.NoError(t, err)
	require.Equal(t, before, text(t, q.Pipeline()))
	require.Equal(t, text(t, base.Pipeline()), text(t, same.Pipeline()))
	require.Contains(t, text(t, one.Pipeline()), `{"$skip":1}`)
	require.Contains(t, text(t, two.Pipeline()), `{"$skip":2}`)
}

func TestAppendCopiesWhatItIsGiven(t *testing.T) {
	t.Parallel()
	title := "a"
	values := []any{
		bson.D{{Key: "title", Value: bson.D{{Key: "$in", Value: bson.A{"a", bson.D{}}}}}},
		bson.M{"title": bson.M{"$eq": "a"}},
		bson.D{{Key: "tags", Value: []string{"a"}}},
		bson.D{{Key: "title", Value: bson.RawValue{Type: bson.TypeString, Value: []byte{2, 0, 0, 0, 'a', 0}}}},
		bson.D{{Key: "title", Value: &title}},
	}
	for _, value := range values {
		given := stage("$match", value)
		q, err := query(t, conditional).Append(given)
		require.NoError(t, err)
		before := text(t, q.Pipeline())
		if e, ok := value.(bson.D); ok {
			ruin(e[0].Value)
		}
		ruin(given)
		require.Equal(t, before, text(t, q.Pipeline()))
	}
}

func TestStagesAreAllowedByName(t *testing.T) {
	t.Parallel()
	lookup := func(inner ...bson.D) bson.D {
		return stage("$lookup", bson.M{"from": "reviews", "pipeline": inner, "as": "reviews"})
	}
	q := query(t, conditional, mongoauthz.WithStages("$lookup"), mongoauthz.WithStages("$merge", "$rankFusion"))
	fusion := func(pipelines any) bson.D {
		return stage("$rankFusion", bson.M{"input": bson.M{"pipelines": pipelines}})
	}

	longer, err := q.Append(lookup(stage("$limit", 3), lookup()), stage("$merge", bson.M{"into": "copy", "whenMatched": "keepExisting"}), fusion(bson.M{"a": bson.A{stage("$limit", 1)}}))
	require.NoError(t, err)
	require.Len(t, longer.Pipeline(), 4)

	for where, refused := range map[string]bson.D{
		"stage 1":                                         stage("$out", "copy"),
		"stage 1, $lookup.pipeline, stage 1":              lookup(stage("$unionWith", "users")),
		"stage 1, $merge.whenMatched, stage 1":            stage("$merge", bson.M{"into": "copy", "whenMatched": bson.A{bson.M{"$unionWith": "users"}}}),
		"stage 1, $rankFusion.input.pipelines.b, stage 2": fusion(bson.D{{Key: "a", Value: bson.A{}}, {Key: "b", Value: bson.A{stage("$limit", 1), stage("$unionWith", "users")}}}),
		"stage 1, $facet.a, stage 1":                      stage("$facet", bson.M{"a": bson.A{bson.M{"$out": "copy"}}}),
		"stage 1, $lookup.pipeline, stage 1, $facet.a":    lookup(stage("$facet", bson.M{"a": bson.A{bson.M{"$out": "copy"}}})),
	} {
		_, err := q.Append(refused)
		var stageErr *mongoauthz.StageError
		require.ErrorAs(t, err, &stageErr)
		require.True(t, strings.HasPrefix(stageErr.Where, where), stageErr.Where)
	}
	_, err = q.Append(lookup(stage("$match", bson.M{"$where": "1"})))
	require.ErrorIs(t, err, mongoauthz.ErrStage, "JavaScript")
}

func TestRefusalsShowNoValue(t *testing.T) {
	t.Parallel()
	for _, refused := range []bson.D{
		stage("$lookup", bson.M{"from": "hunter2"}),
		stage("$match", bson.M{"hunter2": make(chan int)}),
		stage("$match", bson.M{"x": bson.RawValue{Type: bson.TypeString, Value: []byte("hunter2")}}),
		stage("$facet", bson.M{"a": "hunter2"}),
	} {
		_, err := query(t, conditional).Append(refused)
		require.Error(t, err)
		require.NotContains(t, err.Error(), "hunter2")
	}
}

// A client may encode Go values otherwise than we do: what was checked is what is sent.
func TestAppendedStagesAreSentAsTheyWereChecked(t *testing.T) {
	t.Parallel()
	byJSON := options.BSONOptions{UseJSONStructTags: true}
	two := stage("$set", struct {
		X int `json:"$function"`
	}{1})
	q, err := query(t, conditional).Append(two)
	require.NoError(t, err)
	var sent bytes.Buffer
	client := bson.NewEncoder(bson.NewDocumentWriter(&sent))
	client.SetRegistry(bson.NewRegistry()) // the driver's own remembers the type as it saw it first
	client.UseJSONStructTags()
	require.NoError(t, client.Encode(q.Pipeline()[1]))
	require.Equal(t, `{"$set": {"x": {"$numberInt":"1"}}}`, bson.Raw(sent.Bytes()).String())

	az, err := mongoauthz.New(database(t), libraryOf(t, mongoauthz.EncodingOf(&byJSON, nil)), answers(conditional))
	require.NoError(t, err)
	q, err = az.AuthorizedQuery(t.Context(), "ann", "read", "Book")
	require.NoError(t, err)
	_, err = q.Append(two)
	require.ErrorIs(t, err, mongoauthz.ErrStage)
}
