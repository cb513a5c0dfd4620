/**
 * Questions that a model answers in its own words, asked plainly or by someone who is angry, close, or sure of something false: the
 * evaluation matrix of Ibrahim, Hafner and Rocher's study of warm models.
 */
package dev.leeway.eval.qa;
