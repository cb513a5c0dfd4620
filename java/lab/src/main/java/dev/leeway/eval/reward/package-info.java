/**
 * Which words reward models prefer: rewards of single words as answers, by prompt, their ranks by category, and scans of whole
 * vocabularies (Christian et al. 2025 and 2026).
 */
package dev.leeway.eval.reward;
