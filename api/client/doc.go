// Package client asks a culprit service over REST.
//
//		c, err := client.Open("http://127.0.0.1:7070", nil)
//		for in, err := range c.Every(ctx, &client.ListIncidentsParams{}) { ... }
//
//	 1. [Open] gives a [Service], whose methods answer with the types of model. What
//	    the service refuses is a [*model.Problem]: take it with errors.As.
//	 2. [Service.Every] follows the pages of a list, [Service.Watch] the events as they
//	    are published, over lost connections.
//	 3. [Client], generated from the OpenAPI file, is below that for whoever needs the
//	    plain requests and answers.
//
// It keeps nothing between calls and is safe for concurrent use.
package client
