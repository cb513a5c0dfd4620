/** Which side a model takes on contested topics: as a judge reads its answers, and as the model itself says. */
package dev.leeway.eval.stance;
