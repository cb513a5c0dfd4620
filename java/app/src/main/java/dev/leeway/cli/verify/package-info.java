/** {@code leeway verify}: cases made by other software, checked against this build. */
package dev.leeway.cli.verify;
