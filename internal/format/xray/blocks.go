package xray

import (
	"go.opentelemetry.io/collector/pdata/pcommon"

	"culprit/internal/format/jsonrec"
)

// readHTTP reads the block http.
func (g *segment) readHTTP(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "request":
			for ok := c.Object(); ok; ok = c.Next() {
				switch string(c.Key()) {
				case "method":
					g.method = string(c.Text())
					g.put("http.request.method", g.method)
				case "url":
					g.url = string(c.Text())
					g.put("url.full", g.url)
				case "user_agent":
					g.put("user_agent.original", string(c.Text()))
				case "client_ip":
					g.put("client.address", string(c.Text()))
				default:
					c.Skip()
				}
			}
		case "response":
			for ok := c.Object(); ok; ok = c.Next() {
				if string(c.Key()) != "status" {
					c.Skip()
				} else if n, err := c.Int(); err == nil && n > 0 && n < 1000 {
					g.status = n
					g.span.Attributes().PutInt("http.response.status_code", n)
				}
			}
		default:
			c.Skip()
		}
	}
}

// awsAttributes are the fields of the block aws that describe the call.
var awsAttributes = map[string]string{"region": "cloud.region", "request_id": "aws.request_id", "table_name": "aws.dynamodb.table_name", "bucket_name": "aws.s3.bucket"}

// awsIdentity are the fields of the blocks in aws that tell who sent a segment.
var awsIdentity = map[string]map[string]string{
	"ec2":               {"instance_id": "host.id", "availability_zone": "cloud.availability_zone"},
	"ecs":               {"container_id": "container.id", "container": "host.name", "container_name": "container.name"},
	"eks":               {"pod": "k8s.pod.name", "cluster_name": "k8s.cluster.name", "container_id": "container.id"},
	"elastic_beanstalk": {"version_label": "service.version", "environment_name": "deployment.environment.name"},
}

// readAWS reads the block aws.
func (g *segment) readAWS(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		key := string(c.Key())
		if fields, ok := awsIdentity[key]; ok {
			for ok := c.Object(); ok; ok = c.Next() {
				if name, known := fields[string(c.Key())]; known {
					if v := c.Text(); len(v) > 0 {
						g.who[name] = string(v)
					}
				} else {
					c.Skip()
				}
			}
			continue
		}
		switch name := awsAttributes[key]; {
		case key == "operation":
			g.operation = string(c.Text())
		case key == "queue_url":
			g.queue = string(c.Text())
		case name != "":
			g.put(name, string(c.Text()))
		default:
			c.Skip()
		}
	}
}

// readSQL reads the block sql.
func (g *segment) readSQL(c *jsonrec.Cursor) {
	g.sql = &database{}
	for ok := c.Object(); ok; ok = c.Next() {
		switch string(c.Key()) {
		case "sanitized_query":
			g.sql.query = string(c.Text())
		case "database_type":
			g.sql.system = string(c.Text())
		case "url", "connection_string":
			if v := c.Text(); len(v) > 0 {
				g.sql.url = string(v)
			}
		default:
			c.Skip()
		}
	}
}

// readService reads the block service.
func (g *segment) readService(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) != "version" {
			c.Skip()
		} else if v := c.Text(); len(v) > 0 {
			g.who["service.version"] = string(v)
		}
	}
}

// readCause reads the exceptions of the block cause; of another segment's it is only
// the ID.
func (g *segment) readCause(c *jsonrec.Cursor) {
	for ok := c.Object(); ok; ok = c.Next() {
		if string(c.Key()) != "exceptions" {
			c.Skip()
			continue
		}
		for ok := c.Array(); ok; ok = c.Next() {
			e := pcommon.NewMap()
			for ok := c.Object(); ok; ok = c.Next() {
				switch string(c.Key()) {
				case "type":
					e.PutStr("exception.type", string(c.Text()))
				case "message":
					e.PutStr("exception.message", string(c.Text()))
				default:
					c.Skip()
				}
			}
			event := g.span.Events().AppendEmpty()
			event.SetName("exception")
			e.CopyTo(event.Attributes())
		}
	}
}
