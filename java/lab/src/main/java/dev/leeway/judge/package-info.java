/**
 * Models that are asked about texts. A {@link dev.leeway.judge.Judge} takes {@link dev.leeway.judge.Question}s, which a {@link
 * dev.leeway.judge.Template} filled, and gives a {@link dev.leeway.judge.Verdict} to each; a {@link dev.leeway.judge.ParsePolicy} reads
 * one number from a verdict, or says why there is none. What a judge writes is data: nothing of it is looked at but by that one rule.
 */
package dev.leeway.judge;
