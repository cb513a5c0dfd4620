/**
 * Pages that any browser shows: one file, nothing loaded, no script. A {@link dev.leeway.report.Page} is made of sections, these of
 * {@link dev.leeway.report.Part}s, and all of them are plain data, so that nothing here knows what is reported.
 */
package dev.leeway.report;
