// Package published consumes the modules that a release publishes as their users do: through a module proxy, with no
// directory of this repository in reach. The proxy serves the work tree under the version that the modules require of
// one another.
package published
