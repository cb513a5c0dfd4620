/**
 * What completions are worth: functions that give a completion a number, and their weighted list. A function without an answer for a row
 * says so instead of making a number up.
 */
package dev.leeway.reward;
