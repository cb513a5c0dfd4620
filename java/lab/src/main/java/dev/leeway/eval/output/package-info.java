/** What a finished evaluation leaves for people and other software, and what two of them say together. */
package dev.leeway.eval.output;
