package layers_test

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// zeroValues are the exported types of a package that can be copied, but for interfaces and generic
// types.
var zeroValues = map[string][]any{
	"filter": {
		filter.Any{}, filter.Clause{}, filter.Comparison{}, filter.Constant(0), filter.Entity{}, filter.Exists{}, filter.Field{},
		filter.Filter{}, filter.Invalid{}, filter.LimitError{}, filter.Literal{}, filter.MalformedError{}, filter.None{},
		filter.Operator(0), filter.Outcome(0), filter.Param(""), filter.Path{}, filter.Surely{},
	},
	"relations": {
		relations.CheckedAny{}, relations.CheckedClause{}, relations.CheckedComparison{}, relations.CheckedConstant(0),
		relations.CheckedEntity{}, relations.CheckedExists{}, relations.CheckedField{}, relations.CheckedFilter{}, relations.CheckedList{},
		relations.CheckedNone{}, relations.CheckedParam{}, relations.CheckedPath{}, relations.CheckedScope{}, relations.CheckedSurely{},
		relations.CheckedValue{}, relations.Constant{}, relations.Conversion(0), relations.Encoding{}, relations.EntityFacts{},
		relations.Field{}, relations.FieldRef{}, relations.Hop{}, relations.KeyPair{},
		relations.Kind(0), relations.Relation{}, relations.Schema{}, relations.SchemaError{}, relations.Step{}, relations.Struct{},
		relations.Type{}, relations.ValueType(0),
	},
	"pipeline": {
		pipeline.Clause{}, pipeline.ClauseOutcome{}, pipeline.Index{}, pipeline.Join{}, pipeline.Listing{}, pipeline.Option(nil),
		pipeline.Plan{}, pipeline.ReadOutcome{}, pipeline.Resolution{}, pipeline.Resolved{}, pipeline.JoinMethod(0),
		pipeline.UnsupportedError{},
	},
	"evaluate": {
		evaluate.ClauseExplanation{}, evaluate.ConditionExplanation{}, evaluate.Decision{}, evaluate.DocumentError{},
		evaluate.EntityExplanation{}, evaluate.Evaluator{}, evaluate.Explanation{}, evaluate.Match{}, evaluate.Memory(nil), evaluate.Reason{},
		evaluate.Request{}, evaluate.RewrittenError{}, evaluate.Tally{}, evaluate.Truth(0), evaluate.Why(0),
	},
	"mongoauthz": {
		mongoauthz.ArgumentError{}, mongoauthz.PageTokenError{}, mongoauthz.DataError{}, mongoauthz.DataFinding{},
		mongoauthz.DataProblem(0), mongoauthz.DataReport{}, mongoauthz.DataSkip{}, mongoauthz.DataType{}, mongoauthz.Finding(0),
		mongoauthz.ForbiddenError{}, mongoauthz.NotFoundError{}, mongoauthz.Option(nil), mongoauthz.PageRequest{}, mongoauthz.PolicyFunc(nil), mongoauthz.Profile{},
		mongoauthz.ProfiledClause{}, mongoauthz.ProfiledCommand{}, mongoauthz.Query{}, mongoauthz.Listing{}, mongoauthz.FilterOption(nil), mongoauthz.Refusal(0),
		mongoauthz.Resource{}, mongoauthz.StageError{}, mongoauthz.Consistency(0), mongoauthz.UnknownResourceError{}, mongoauthz.UnknownActionError{}, mongoauthz.VerifyError{},
		mongoauthz.WriteError{},
	},
	"httpauthz": {httpauthz.Access{}, httpauthz.Actions(nil), httpauthz.Handler(nil), httpauthz.MethodError{}, httpauthz.ResourceHandler{}, httpauthz.Problem{}},
}

// zeroPointers are handles: nobody asks whether one is nil before a method is called.
var zeroPointers = []any{
	new(pipeline.Cache), (*pipeline.Cache)(nil), (*pipeline.Plan)(nil), (*pipeline.Resolution)(nil),
	new(mongoauthz.Authorizer), (*mongoauthz.Authorizer)(nil), (*mongoauthz.Query)(nil),
	(*relations.CheckedFilter)(nil), (*relations.Schema)(nil), (*relations.Type)(nil), (*evaluate.Evaluator)(nil), (*httpauthz.Access)(nil), (*httpauthz.ResourceHandler)(nil),
}

func TestMethodsOfZeroValuesDoNotPanic(t *testing.T) {
	t.Parallel()
	for _, values := range zeroValues {
		for _, v := range values {
			callMethods(t, reflect.New(reflect.TypeOf(v)))
		}
	}
	for _, v := range zeroPointers {
		callMethods(t, reflect.ValueOf(v))
	}
}

func TestZeroValuesOfAllExportedTypesAreTried(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, values := range zeroValues {
		for _, v := range values {
			tried[reflect.TypeOf(v).String()] = true
		}
	}
	for _, v := range zeroPointers {
		tried[reflect.TypeOf(v).Elem().String()] = true
	}
	for pkg := range zeroValues {
		files, err := filepath.Glob(filepath.Join(pkg, "*.go"))
		require.NoError(t, err)
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
			require.NoError(t, err)
			for typ := range ast.Preorder(source) {
				spec, ok := typ.(*ast.TypeSpec)
				if !ok || !spec.Name.IsExported() || spec.TypeParams != nil {
					continue
				}
				if _, ok := spec.Type.(*ast.InterfaceType); !ok {
					assert.True(t, tried[pkg+"."+spec.Name.Name], "add %s.%s to zeroValues", pkg, spec.Name)
				}
			}
		}
	}
}

func callMethods(t *testing.T, of reflect.Value) {
	t.Helper()
	for i := range of.NumMethod() {
		call(t, fmt.Sprintf("%s.%s, nil: %t", of.Type(), of.Type().Method(i).Name, of.IsNil()), of.Method(i))
	}
}

// call calls a function with zero values. Only a context, a request and its writer are real ones.
func call(t *testing.T, name string, f reflect.Value) {
	t.Helper()
	var in []reflect.Value
	for k := range f.Type().NumIn() {
		typ := f.Type().In(k)
		switch {
		case f.Type().IsVariadic() && k == f.Type().NumIn()-1:
		case typ == reflect.TypeFor[context.Context]():
			in = append(in, reflect.ValueOf(t.Context()))
		case typ == reflect.TypeFor[http.ResponseWriter]():
			in = append(in, reflect.ValueOf(httptest.NewRecorder()))
		case typ == reflect.TypeFor[*http.Request]():
			in = append(in, reflect.ValueOf(httptest.NewRequest(http.MethodGet, "/", nil)))
		default:
			in = append(in, reflect.Zero(typ))
		}
	}
	assert.NotPanics(t, func() { f.Call(in) }, name)
}
