module github.com/mongoauthz/go-mongoauthz

go 1.26

require (
	github.com/stretchr/testify v1.12.1
	go.mongodb.org/mongo-driver/v2 v2.9.3
)

require go.yaml.in/yaml/v3 v3.0.5 // indirect
