package client

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config client.yaml ../openapi.yaml
//go:generate go run ../gen/stamp.go ../openapi.yaml client.yaml client.gen.go
