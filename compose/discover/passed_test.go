package discover

import (
	"testing"

	"github.com/portmoor/portmoor/source"
)

// TestWhyPassed: a template, a diff and what is no compose file at all are passed over. A
// compose file never is, however much is wrong with it: what is wrong with it is then said.
func TestWhyPassed(t *testing.T) {
	const service = "services:\n  web:\n    image: x\n"
	for name, c := range map[string]struct {
		src  string
		want Why
	}{
		"a statement of Jinja":             {service + "  {%- if mail %}\n  mail: {image: y}\n  {%- endif %}\n", Template},
		"a placeholder as a value":         {"services:\n  web:\n    image: {{ cookiecutter.slug }}\n", Template},
		"a placeholder in a value":         {"services:\n  web:\n    image: {{ cookiecutter.slug }}_local:latest\n", Template},
		"a placeholder as a key":           {"services:\n  {{ name }}:\n    image: x\n", Template},
		"a comment of Jinja":               {service + "  {# nothing\n  to see #}\n", Template},
		"Go":                               {"services:\n  {{- range .Services }}\n  {{ .Name }}:\n    image: {{ .Image }}:latest\n  {{- end }}\n", Template},
		"Handlebars":                       {service + "{{#if mail}}\n  mail: {image: y}\n{{/if}}\n", Template},
		"ERB":                              {service + "<% if mail %>\n  mail: {image: y}\n<% end %>\n", Template},
		"Terraform":                        {service + "%{ if mail }\n  mail: {image: y}\n%{ endif }\n", Template},
		"a diff of git":                    {"diff --git a/c.yml b/c.yml\n--- a/c.yml\n+++ b/c.yml\n@@ -1,2 +1,2 @@\n-a: 1\n+b: 1\n", Diff},
		"a unified diff with CRLF":         {"--- a/c.yml\r\n+++ b/c.yml\r\n@@ -1 +1 @@\r\n-services:\r\n+services: {}\r\n", Diff},
		"a hunk":                           {"@@ -3,4 +3,2 @@ services:\n   web:\n-    ports: [\"8080:80\"]\n", Diff},
		"a mail of git":                    {"From 0123456789abcdef0123456789abcdef01234567 Mon Sep 17 00:00:00 2001\nSubject: [PATCH] a: b\n", Diff},
		"a manifest":                       {"apiVersion: v1\nkind: Pod\n", Foreign},
		"a workflow":                       {"name: ci\non: [push]\njobs: {a: {runs-on: b}}\n", Foreign},
		"valid YAML with marks in quotes":  {"services:\n  web:\n    image: \"{{ cookiecutter.slug }}\"\n", NoServices},
		"a compose file":                   {service, NoServices},
		"a misspelt services":              {"servces:\n  web:\n    image: x\n", NoServices},
		"a name alone":                     {"name: x\n", Foreign},
		"nothing":                          {"# to come\n", Foreign},
		"an empty mapping":                 {"{}\n", Foreign},
		"a list of tasks":                  {"- hosts: all\n  tasks: []\n", Foreign},
		"the path that a link was":         {"../compose.yaml", Foreign},
		"a version alone":                  {"version: '3'\n", NoServices},
		"an extension alone":               {"x-a: 1\nfoo: 2\n", NoServices},
		"a tab":                            {"services:\n\tweb: {image: x}\n", NoServices},
		"a conflict of a merge":            {service + "<<<<<<< HEAD\n    restart: no\n=======\n    restart: always\n>>>>>>> b\n", NoServices},
		"Swarm's placeholder, no quotes":   {service + "    hostname: {{.Node.Hostname}}\n", NoServices},
		"Swarm's function, no quotes":      {service + "    hostname: {{index .Service.Labels \"host\"}}\n", NoServices},
		"docker's function, no quotes":     {service + "    labels: [a: {{ upper .Name }}]\n", NoServices},
		"the same inside a text":           {service + "    hostname: {{.Node.Hostname}}-{{.Task.Slot}}\n", NoServices},
		"docker's --format, no quotes":     {service + "    command: [docker, inspect, -f, {{json .State}}]\n", NoServices},
		"a tab beside marks in quotes":     {service + "    labels: {a: \"{{ b }}\"}\n\tx: y\n", NoServices},
		"a tab beside marks in a script":   {service + "    command: |\n      {% if x %}\n\tports: [80]\n", NoServices},
		"a key twice beside marks":         {service + "    image: \"{{ b }}\"\n    command: \"{% x %}\"\n", NoServices},
		"a quote that is never closed":     {service + "    command: \"echo {{ b }}\n", NoServices},
		"a mark that ends lines later":     {service + "    command: \"{{ b\n\tx: {y: {}}\n", NoServices},
		"a list of changes, which is YAML": {"- services\n- volumes\n", Foreign},
	} {
		if got := whyPassed(source.Parse("/c.yaml", []byte(c.src))); got != c.want {
			t.Errorf("%s: got %d, want %d", name, got, c.want)
		}
	}
}
