//go:build ignore

// Stamp writes into generated files which OpenAPI file and settings they came from,
// so that a test without network can say when they are stale:
//
//	go run stamp.go SOURCE... GENERATED
package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"log"
	"os"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("stamp: ")
	if len(os.Args) < 3 {
		log.Fatal("usage: go run stamp.go SOURCE... GENERATED")
	}
	sum := sha256.New()
	sources, generated := os.Args[1:len(os.Args)-1], os.Args[len(os.Args)-1]
	for _, name := range sources {
		text, err := os.ReadFile(name)
		if err != nil {
			log.Fatal(err)
		}
		sum.Write(text)
	}
	text, err := os.ReadFile(generated)
	if err != nil {
		log.Fatal(err)
	}
	line := "// Source-SHA256: " + hex.EncodeToString(sum.Sum(nil)) + "\n\n"
	if err := os.WriteFile(generated, bytes.Join([][]byte{[]byte(line), text}, nil), 0o644); err != nil {
		log.Fatal(err)
	}
}
