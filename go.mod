module github.com/mongoauthz/go-mongoauthz

go 1.26

require (
	github.com/stretchr/testify v1.12.1 // indirect
	go.mongodb.org/mongo-driver/v2 v2.9.3 // indirect
)
