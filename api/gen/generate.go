package gen

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config server.yaml ../openapi.yaml
//go:generate go run stamp.go ../openapi.yaml server.yaml server.gen.go
//go:generate go run types.go ../openapi.yaml ../web/src/api.gen.ts
