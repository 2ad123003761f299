package httpauthz_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"go.mongodb.org/mongo-driver/v2/bson"

	"github.com/mongoauthz/go-mongoauthz/httpauthz"
	"github.com/mongoauthz/go-mongoauthz/mongoauthz"
)

func ExampleAuthenticate() {
	identify := func(r *http.Request) (any, error) {
		user, password, given := r.BasicAuth()
		switch {
		case !given:
			return nil, nil // anonymous
		case password != "sesame":
			return nil, httpauthz.ErrUnauthenticated
		}
		return user, nil
	}
	hello := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, "hello", httpauthz.Actor(r.Context()))
	})
	handler := httpauthz.Authenticate(identify, hello)

	for _, password := range []string{"sesame", "salt"} {
		r := httptest.NewRequest("GET", "/", nil)
		r.SetBasicAuth("ann", password)
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 hello ann
	// 401 {"title":"Unauthorized","status":401,"detail":"The credentials are not good."}
}

func ExampleActions_Action() {
	actions := httpauthz.CRUD("add", "view", "change", "delete").Only("GET", "POST")
	action, err := actions.Action("POST")
	fmt.Println(action, err)
	_, err = actions.Action("PUT")
	fmt.Println(err)
	// Output:
	// add <nil>
	// httpauthz: the method is none of GET, POST
}

func ExampleHandler() {
	h := httpauthz.Handler(func(w http.ResponseWriter, r *http.Request) error {
		return httpauthz.NewProblem(http.StatusBadRequest, "page is not a number")
	})
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/books?page=x", nil))
	fmt.Print(w.Body)
	// Output: {"title":"Bad Request","status":400,"detail":"page is not a number"}
}

// The handler of a book's path: 200, 401, 403 or 404, as the policy of the authorizer says.
func ExampleResourceHandler() {
	var az *mongoauthz.Authorizer // by mongoauthz.New
	mux := http.NewServeMux()
	mux.Handle("/books/{id}", &httpauthz.ResourceHandler{
		Authorizer: az,
		Type:       "Book",
		Serve: func(w http.ResponseWriter, r *http.Request, a *httpauthz.Access) error {
			if r.Method != http.MethodDelete {
				_, err := fmt.Fprintln(w, a.Document)
				return err
			}
			books, err := a.Query(r.Context())
			if err != nil {
				return err
			}
			deleted, err := books.DeleteOne(r.Context(), bson.D{{Key: "_id", Value: a.ID}}) // authorized again
			switch {
			case err != nil:
				return err
			case deleted.DeletedCount == 0:
				return a.NotFound()
			}
			w.WriteHeader(http.StatusNoContent)
			return nil
		},
	})
}
