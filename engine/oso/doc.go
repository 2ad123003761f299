// Package oso lets policies be written in Polar, the language of Oso. (To be written.)
package oso
