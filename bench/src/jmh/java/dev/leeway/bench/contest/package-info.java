/**
 * The same work in Leeway and in other software, each in its own process, by turns: while one takes its step the others wait. A contestant
 * reads a line for every turn, works, and answers with one JSON object.
 */
package dev.leeway.bench.contest;
