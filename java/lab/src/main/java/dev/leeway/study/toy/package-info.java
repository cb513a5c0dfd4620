/** What studies of the toy world are trained on and asked. */
package dev.leeway.study.toy;
