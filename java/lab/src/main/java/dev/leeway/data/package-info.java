/**
 * Rows of text files to examples that training takes: reading, encoding, masks, the order of an epoch; and a generator of toy text.
 */
package dev.leeway.data;
