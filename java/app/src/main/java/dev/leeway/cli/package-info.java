/** The command line. Only this package prints, and only {@link dev.leeway.cli.Main#main} exits. */
package dev.leeway.cli;
