/**
 * Rows of data files to units that training takes; and a generator of toy text.
 *
 * <p>{@link dev.leeway.data.DataFiles} names the files, {@link dev.leeway.data.JsonRows} reads them, the columns decide which {@link
 * dev.leeway.data.Row} each is, {@link dev.leeway.data.ChatFormat} makes text of conversations, and {@link
 * dev.leeway.data.DatasetReader} encodes them into {@link dev.leeway.data.Unit}s with masks; {@link dev.leeway.data.DatasetCache} keeps
 * these. {@link dev.leeway.data.Split}, {@link dev.leeway.data.Packer}, {@link dev.leeway.data.Order} and {@link
 * dev.leeway.data.MixedOrder} lay them out for training; {@link dev.leeway.data.ExampleStream} does all of it for data that doesn't fit
 * in memory.
 */
package dev.leeway.data;
