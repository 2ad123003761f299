// Package casemgmt is a service on the library: case management over HTTP, whose every list, page, decision and write is authorized by mongoauthz.
package casemgmt
