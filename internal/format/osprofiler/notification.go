package osprofiler

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"culprit/internal/format/jsonrec"
)

// Notification is one document of osprofiler: something started or stopped.
type Notification struct {
	Base, ID, Parent string // UUIDs: base_id, trace_id, parent_id
	Name             string // of the trace point: "wsgi", "db", "rpc"
	Stop             bool   // else it starts
	At               time.Time

	project, service string
	info             info
}

// info is what a notification tells about its step.
type info struct {
	host           string
	etype, message string // of the exception that ended it

	kind     stepKind
	method   string // of an HTTP request, or the first word of a statement
	path     string
	hostname string
	port     int64
	status   int64  // of an HTTP answer, 0 if unknown
	text     string // statement or function
}

// stepKind is what a step does, by the key under which its start describes it.
type stepKind uint8

const (
	unknownStep   stepKind = iota
	answersHTTP            // "request"
	asksDatabase           // "db"
	asksHTTP               // "requests"
	callsFunction          // "function"
)

// Parse reads a notification. The error says what makes it unusable.
func Parse(raw []byte) (Notification, error) {
	c := jsonrec.NewCursor(raw)
	if c.Kind() != '{' {
		return Notification{}, errors.New("it is no object")
	}
	return parse(&c)
}

// parse reads the object at the cursor.
func parse(c *jsonrec.Cursor) (Notification, error) {
	var n Notification
	var stamp string
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "base_id":
			n.Base = string(c.Text())
		case "trace_id":
			n.ID = string(c.Text())
		case "parent_id":
			n.Parent = string(c.Text())
		case "name":
			n.Name = string(c.Text())
		case "timestamp":
			stamp = string(c.Text())
		case "project":
			n.project = string(c.Text())
		case "service":
			n.service = string(c.Text())
		case "info":
			n.info.read(c)
		default:
			c.Skip()
		}
	}
	if c.Err() != nil {
		return n, c.Err()
	}
	return n, n.complete(stamp)
}

// complete checks what a span cannot do without.
func (n *Notification) complete(stamp string) error {
	switch {
	case n.Base == "":
		return errors.New("no base_id")
	case n.ID == "":
		return fmt.Errorf("trace %.40q: no trace_id", n.Base)
	}
	name, stop := strings.CutSuffix(n.Name, "-stop")
	name, start := strings.CutSuffix(name, "-start")
	if stop == start {
		return fmt.Errorf("trace %.40q: %.40q neither starts nor stops", n.Base, n.Name)
	}
	n.Name, n.Stop = name, stop
	at, err := parseTime(stamp)
	if err != nil {
		return fmt.Errorf("trace %.40q: timestamp %.40q is not like 2006-01-02T15:04:05.000000", n.Base, stamp)
	}
	n.At = at
	return nil
}

// parseTime reads osprofiler's timestamps, which are UTC and say nothing about it; a
// store may have added that.
func parseTime(s string) (time.Time, error) {
	at, err := time.Parse("2006-01-02T15:04:05", s) // takes a fraction, too
	if err != nil {
		at, err = time.Parse(time.RFC3339Nano, s)
	}
	if err == nil && (at.Year() < 1971 || at.Year() > 2100) {
		err = errors.New("no time of this age")
	}
	return at.UTC(), err
}

func (i *info) read(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "host":
			i.host = string(c.Text())
		case "etype":
			i.etype = string(c.Text())
		case "message":
			i.message = string(c.Text())
		case "request":
			i.request(c, answersHTTP)
		case "requests":
			i.request(c, asksHTTP)
		case "db":
			i.described(c, asksDatabase, "statement")
		case "function":
			i.described(c, callsFunction, "name")
		default:
			c.Skip()
		}
	}
}

// request reads the two descriptions of HTTP requests.
func (i *info) request(c *jsonrec.Cursor, kind stepKind) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "method":
			i.method, i.kind = string(c.Text()), kind
		case "path":
			i.path = string(c.Text())
		case "hostname":
			i.hostname = string(c.Text())
		case "port":
			i.port, _ = c.Int() // "" if the URL names none
		case "status_code":
			i.status, _ = c.Int()
		default:
			c.Skip()
		}
	}
}

// described reads the one field that tells a statement or function from others.
func (i *info) described(c *jsonrec.Cursor, kind stepKind, field string) {
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) == field {
			i.text, i.kind = string(c.Text()), kind
		} else {
			c.Skip()
		}
	}
}
