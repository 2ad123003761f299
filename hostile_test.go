package layers_test

import (
	"go/ast"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/evaluate"
	"github.com/mongoauthz/go-mongoauthz/filter"
	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
	"github.com/mongoauthz/go-mongoauthz/pipeline"
	"github.com/mongoauthz/go-mongoauthz/relations"
)

// functions are the exported functions of each package. Of a generic one, its instances.
var functions = map[string]map[string][]any{
	"filter": {
		"Allow": {filter.Allow}, "And": {filter.And}, "Compare": {filter.Compare}, "Deny": {filter.Deny},
		"Except": {filter.Except}, "ExceptSurely": {filter.ExceptSurely}, "F": {filter.F}, "For": {filter.For},
		"Free": {filter.Free}, "Nested": {filter.Nested}, "Not": {filter.Not}, "Or": {filter.Or},
		"Reach": {filter.Reach}, "Some": {filter.Some}, "Under": {filter.Under}, "Value": {filter.Value},
		"Where": {filter.Where},
	},
	"relations": {
		"FromStructs": {relations.FromStructs}, "Nested": {relations.Nested}, "New": {relations.New}, "TypesOf": {relations.TypesOf},
	},
	"evaluate": {
		"Equal": {evaluate.Equal}, "Evaluate": {evaluate.Evaluate}, "Order": {evaluate.Order}, "Prepare": {evaluate.Prepare},
		"PrepareChecked": {evaluate.PrepareChecked},
	},
	"pipeline": {
		"After": {pipeline.After}, "Between": {pipeline.Between}, "Compile": {pipeline.Compile},
		"CompileChecked": {pipeline.CompileChecked}, "Indexes": {pipeline.Indexes},
		"NewCache": {pipeline.NewCache}, "UpTo": {pipeline.UpTo}, "WithHelperPrefix": {pipeline.WithHelperPrefix},
		"WithLimit": {pipeline.WithLimit},
	},
	"mongoauthz": {
		"FindOne":            {mongoauthz.FindOne[bson.Raw], mongoauthz.FindOne[any], mongoauthz.FindOne[holder]},
		"Find":               {mongoauthz.Find[bson.Raw], mongoauthz.Find[chan int]},
		"Document":           {mongoauthz.Document},
		"Each":               {mongoauthz.Each[bson.Raw], mongoauthz.Each[*holder]},
		"EncodingOf":         {mongoauthz.EncodingOf},
		"PolicyFor":          {mongoauthz.PolicyFor[any], mongoauthz.PolicyFor[*holder]},
		"FetchPage":          {mongoauthz.FetchPage[bson.Raw], mongoauthz.FetchPage[func()]},
		"WithWholeDocuments": {mongoauthz.WithWholeDocuments},
		"FilterAuthorized":   {mongoauthz.FilterAuthorized[bson.Raw], mongoauthz.FilterAuthorized[any], mongoauthz.FilterAuthorized[*holder]},
		"ID":                 {mongoauthz.ID},
		"New":                {mongoauthz.New},
		"NewFetcher":         {mongoauthz.NewFetcher},
		"WithActions":        {mongoauthz.WithActions},
		"WithCollation":      {mongoauthz.WithCollation},
		"WithHelperPrefix":   {mongoauthz.WithHelperPrefix},
		"WithKeyLimit":       {mongoauthz.WithKeyLimit},
		"WithLimit":          {mongoauthz.WithLimit},
		"WithLoggedValues":   {mongoauthz.WithLoggedValues},
		"WithLogger":         {mongoauthz.WithLogger},
		"WithParameters":     {mongoauthz.WithParameters},
		"WithPlanCache":      {mongoauthz.WithPlanCache},
		"WithReadAction":     {mongoauthz.WithReadAction},
		"WithStages":         {mongoauthz.WithStages},
		"WithConsistency":    {mongoauthz.WithConsistency},
		"WithTimeLimit":      {mongoauthz.WithTimeLimit},
		"WithWriteLimit":     {mongoauthz.WithWriteLimit},
		"WithoutCollation":   {mongoauthz.WithoutCollation},
	},
	"httpauthz": {
		"Actor": {httpauthz.Actor}, "Authenticate": {httpauthz.Authenticate}, "CRUD": {httpauthz.CRUD},
		"DefaultActions": {httpauthz.DefaultActions}, "NewProblem": {problem}, "ProblemOf": {httpauthz.ProblemOf},
		"Report": {httpauthz.Report}, "WithActor": {httpauthz.WithActor}, "WriteError": {httpauthz.WriteError},
	},
}

// problem calls NewProblem without hostile arguments: package fmt formats them, and does not end
// with one that holds itself.
func problem(status int, format string) *httpauthz.Problem {
	return httpauthz.NewProblem(status, format, nil, 1)
}

// The tests of this file run alone, not beside others: they count goroutines.

func TestFunctionsEndWithHostileArguments(t *testing.T) {
	c := newCaller(t)
	for pkg, named := range functions {
		for name, instances := range named {
			t.Run(pkg+"."+name, func(t *testing.T) {
				for _, f := range instances {
					c.all(t, pkg+"."+name, reflect.ValueOf(f))
				}
			})
		}
	}
	t.Logf("slowest: %s, %s", c.slowest, c.slowestCall)
}

func TestMethodsEndWithHostileArguments(t *testing.T) {
	c := newCaller(t)
	var of []any
	for _, values := range zeroValues {
		for _, v := range values {
			of = append(of, reflect.New(reflect.TypeOf(v)).Interface())
		}
	}
	of = append(append(of, zeroPointers...), c.real()...)
	for _, receiver := range of {
		v := reflect.ValueOf(receiver)
		for i := range v.NumMethod() {
			name := v.Type().String() + "." + v.Type().Method(i).Name
			t.Run(name, func(t *testing.T) { c.all(t, name, v.Method(i)) })
		}
	}
	for name, f := range c.written() {
		t.Run(name, func(t *testing.T) { c.all(t, name, reflect.ValueOf(f)) })
	}
	t.Logf("slowest: %s, %s", c.slowest, c.slowestCall)
}

func TestAllFunctionsAreCalledWithHostileArguments(t *testing.T) {
	t.Parallel()
	assert.ElementsMatch(t, slices.Collect(maps.Keys(zeroValues)), slices.Collect(maps.Keys(functions)))
	for pkg, called := range functions {
		var declared []string
		for _, s := range sources(t, pkg) {
			if s.test() || strings.Count(s.path, "/") > 1 {
				continue
			}
			for _, d := range s.tree.Decls {
				if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil && f.Name.IsExported() {
					declared = append(declared, f.Name.Name)
				}
			}
		}
		assert.ElementsMatch(t, declared, slices.Collect(maps.Keys(called)), "the functions of package %s", pkg)
	}
}
