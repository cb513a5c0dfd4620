/**
 * Studies: a question, arms that are trained, exams that are taken, contrasts that were named before. A {@link dev.leeway.study.Study} is
 * one immutable value; {@link dev.leeway.study.Plan} says what carrying it out takes, and {@link dev.leeway.study.StudyRun} does so. What
 * a stage makes is stored under the hash of all that determines it, so nothing is done twice, and studies share what they have in common.
 */
package dev.leeway.study;
