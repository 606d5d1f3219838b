package graph

import "culprit/model"

// Site is an operation of a service, by number. Numbers never decide an order: sort by
// name.
type Site struct{ Service, Operation model.Sym }
