package casemgmt

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

//go:embed demo/*.json
var demo embed.FS

// Demo returns the demonstration data: six users, three roles, four caseloads.
func Demo() fs.FS {
	dir, err := fs.Sub(demo, "demo")
	if err != nil {
		return demo // cannot be: the name is a constant
	}
	return dir
}

// Data is what a database holds: the documents of each collection.
type Data map[string][]bson.Raw

// ReadData reads data from a folder that has a file for each collection, such as clients.json: an array of documents in Extended JSON, or one document
// after the other, as mongoexport writes them. A collection without a file is empty. A file that is for no collection is an error, as is one that
// holds anything else, and a folder without any.
func ReadData(dir fs.FS) (Data, error) {
	files, err := fs.ReadDir(dir, ".")
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, errors.New("casemgmt: the folder is empty")
	}
	data := Data{}
	for _, t := range types {
		data[t.Collection] = nil
	}
	for _, entry := range files {
		file := entry.Name()
		collection, isJSON := strings.CutSuffix(file, ".json")
		if _, known := data[collection]; !known || !isJSON {
			return nil, fmt.Errorf("casemgmt: %s is for none of the collections", file)
		}
		text, err := fs.ReadFile(dir, file)
		if err != nil {
			return nil, err
		}
		if data[collection], err = parse(text); err != nil {
			return nil, fmt.Errorf("casemgmt: %s: %w", file, err)
		}
	}
	return data, nil
}

// parse returns the documents of one file.
func parse(text []byte) ([]bson.Raw, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	inArray := bytes.HasPrefix(bytes.TrimSpace(text), []byte("["))
	if inArray {
		if _, err := decoder.Token(); err != nil {
			return nil, err
		}
	}
	var docs []bson.Raw
	for !inArray || decoder.More() {
		var one json.RawMessage
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) && !inArray {
			return docs, nil
		}
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", len(docs)+1, err)
		}
		var doc bson.D
		if err := bson.UnmarshalExtJSON(one, false, &doc); err != nil {
			return nil, fmt.Errorf("document %d: %w", len(docs)+1, err)
		}
		raw, err := bson.Marshal(doc)
		if err != nil {
			return nil, fmt.Errorf("document %d: %w", len(docs)+1, err)
		}
		docs = append(docs, raw)
	}
	if _, err := decoder.Token(); err != nil { // the bracket
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the array")
	}
	return docs, nil
}

// Load replaces what the collections hold by data. Their indexes go with it: see [Service.EnsureIndexes].
func Load(ctx context.Context, db *mongo.Database, data Data) error {
	for _, t := range types {
		c := db.Collection(t.Collection)
		if err := c.Drop(ctx); err != nil {
			return fmt.Errorf("casemgmt: %s: %w", t.Collection, err)
		}
		if err := db.CreateCollection(ctx, t.Collection); err != nil { // a join with one that is missing would find nothing, without an error
			return fmt.Errorf("casemgmt: %s: %w", t.Collection, err)
		}
		if len(data[t.Collection]) == 0 {
			continue
		}
		if _, err := c.InsertMany(ctx, data[t.Collection], options.InsertMany().SetOrdered(false)); err != nil {
			return fmt.Errorf("casemgmt: %s: %w", t.Collection, err)
		}
	}
	return nil
}
