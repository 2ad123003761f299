package layers_test

import (
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// spelling says which operators of MongoDB a file outside pipeline/ spells, and why.
type spelling struct {
	reason    string
	operators string // sorted; "$" alone is the sign, as in a test for names that begin with it
}

// spelled lists, by file, the literals of the root module's packages that begin with "$", outside
// pipeline/. Only pipeline spells the operators of an authorization. These files have other
// reasons. Give a new one here, and remove what no file spells any more.
var spelled = map[string]spelling{
	"filter/text.go":                             {"the text form marks a parameter by $", "$"},
	"relations/validate.go":                      {"names of collections and fields do not begin with $", "$"},
	"mongoauthz/enforce.go":                      {"reads the document to decide about, by its _id", "$limit $match $project"},
	"mongoauthz/options.go":                      {"the name of a stage begins with $", "$"},
	"mongoauthz/page_range.go":                   {"has a query answer for a sample of its documents", "$match $sample"},
	"mongoauthz/query.go":                        {"the zero Query selects nothing", "$in $match"},
	"mongoauthz/run.go":                          {"counts, behind the authorization", "$count"},
	"mongoauthz/verify.go":                       {"asks for collections by name", "$in"},
	"mongoauthz/verifydata.go":                   {"reads documents to verify", "$project $sample"},
	"mongoauthz/write_movement.go":               {"reads which written documents are authorized, by their _id", "$match $project"},
	"mongoauthz/write_run.go":                    {"chooses the documents to be written", "$limit $match $project $sort"},
	"mongoauthz/internal/driver/explain.go":      {"tells the stages of an explanation by name", "$sort"},
	"mongoauthz/internal/driver/transactions.go": {"asks for nothing, to see whether there are transactions", "$in"},
	"mongoauthz/internal/fetch/filter.go":        {"reads documents by the keys that the evaluator asks for", "$and $eq $in $or $type"},
	"mongoauthz/internal/page/token.go":          {"a page starts where the last one ended", "$match"},
	"mongoauthz/internal/page/order.go":          {"sorts and cuts a page, behind the authorization", "$limit $skip $sort"},
	"mongoauthz/internal/page/range.go":          {"reads a page by ranges of its order, beside the authorization", "$limit $match $project $skip $sort"},
	"mongoauthz/internal/stage/check.go":         {"the stages that Append accepts, and the operators it refuses", appended},
	"mongoauthz/internal/stage/first.go":         {"the stages and operators that Append refuses, and what to use instead", "$ $all $and $documents $elemMatch $geoNear $graphLookup $in $lookup $match $merge $near $nearSphere $nor $not $or $out $rankFusion $scoreFusion $search $searchMeta $text $unionWith $vectorSearch"},
	"mongoauthz/internal/stage/redact.go":        {"tells stages by name, to hide the values in a log", "$count $limit $skip $sort"},
	"mongoauthz/internal/verify/probe.go":        {"has the client encode values", "$documents $literal"},
	"mongoauthz/internal/write/changes.go":       {"makes the operators of an update", "$set $unset"},
	"mongoauthz/internal/write/filter.go":        {"the caller's filter, and documents as they were read", "$ $and $eq $exists $expr $literal $match $nor $or $text"},
	"mongoauthz/internal/write/loses.go":         {"judges the operators of an update", judged},
	"mongoauthz/internal/write/required.go":      {"tells positions in the path of an update", "$"},
	"mongoauthz/internal/write/update.go":        {"reads the operators of an update", "$ $rename"},
}

const (
	appended = "$_internal $accumulator $addFields $bucket $bucketAuto $count $densify $facet $fill $function $group " +
		"$limit $match $project $redact $replaceRoot $replaceWith $sample $set $setWindowFields $skip $sort " +
		"$sortByCount $unset $unwind $where"
	judged = "$addFields $addToSet $bit $currentDate $each $inc $max $min $mul $pop $pull $pullAll $push $rename " +
		"$set $setOnInsert $unset"
)

func TestOnlyPipelineSpellsOperators(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	for folder := range layers {
		if folder == "pipeline" || folder == "examples" { // an example is a caller, with stages of its own
			continue
		}
		for _, s := range sources(t, folder) {
			if s.test() {
				continue
			}
			listed := strings.Fields(spelled[s.path].operators)
			for _, o := range operators(s) {
				if !slices.Contains(listed, o.name) {
					t.Errorf("%s:%d spells %s: pipeline does that, or give a reason in spelled", s.path, o.line, o.name)
				}
				found[s.path] = append(found[s.path], o.name)
			}
		}
	}
	for path, s := range spelled {
		names := found[path]
		slices.Sort(names)
		assert.Equal(t, strings.Join(slices.Compact(names), " "), s.operators, "%s: the entry in spelled", path)
		assert.NotEmpty(t, s.reason, path)
	}
}

func TestSpelledOperatorsAreFound(t *testing.T) {
	t.Parallel()
	s := parsed(t, "spells.go", "package spells\n\nvar x, y, z, w = \"$in\", `{\"$gt\": 1}`, 'x',\n"+
		"\t\"a price in $, such as 5$ or $set\" + \"$\" + \"$$ROOT.a\" + \"\\x24or\"\n")
	assert.Equal(t, []operator{
		{"$in", 3}, {"$gt", 3}, {"$", 4}, {"$$ROOT", 4}, {"$or", 4},
	}, operators(s))
}

// operator is a name that begins with "$", and its line.
type operator struct {
	name string
	line int
}

// operators returns what a file's literals spell of MongoDB's language: a literal that begins with
// "$" gives its first word, and one that holds JSON gives the words in quotes.
func operators(s source) []operator {
	var found []operator
	for n := range ast.Preorder(s.tree) {
		literal, ok := n.(*ast.BasicLit)
		if !ok || literal.Kind != token.STRING {
			continue
		}
		text, err := strconv.Unquote(literal.Value)
		if err != nil {
			continue // the parser accepts no such literal
		}
		for part := range strings.SplitSeq(text, `"`) {
			if strings.HasPrefix(part, "$") {
				found = append(found, operator{word(part), s.line(literal.Pos())})
			}
		}
	}
	return found
}

// word returns the dollar signs at the start of s with the letters, digits and underlines behind.
func word(s string) string {
	rest := strings.TrimLeft(s, "$")
	end := strings.IndexFunc(rest, func(r rune) bool {
		return r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if end < 0 {
		return s
	}
	return s[:len(s)-len(rest)+end]
}
