package dev.leeway.io;

import static dev.leeway.io.Quote.quote;

import dev.leeway.LeewayException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Rank and scaling of a LoRA adapter (Hu et al. 2021, §4.1), module by module.
 * <p>
 * The keys of the patterns are regular expressions; the first key that matches the end of a module's full name, up to its beginning or a
 * dot, decides. The scaling of {@code B·A} is {@code alpha / r}, or {@code alpha / √r} with rsLoRA (Kalajdzievski 2023).
 *
 * @param r            rank where {@code rankPattern} doesn't match
 * @param loraAlpha    alpha where {@code alphaPattern} doesn't match
 * @param useRslora    divide by √r instead of r
 * @param rankPattern  module pattern → rank
 * @param alphaPattern module pattern → alpha
 */
public record LoraScale(int r, double loraAlpha, boolean useRslora, SequencedMap<String, Integer> rankPattern,
        SequencedMap<String, Double> alphaPattern) {

    /** Checks ranks, alphas and patterns. */
    public LoraScale {
        rankPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(rankPattern));
        alphaPattern = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(alphaPattern));
        requireRank("r", r);
        requireFinite("lora_alpha", loraAlpha);
        rankPattern.forEach((pattern, rank) -> {
            ModuleSelection.compile("rank_pattern", pattern);
            requireRank("rank_pattern " + quote(pattern), rank);
        });
        alphaPattern.forEach((pattern, alpha) -> {
            ModuleSelection.compile("alpha_pattern", pattern);
            requireFinite("alpha_pattern " + quote(pattern), alpha);
        });
    }

    /** The same rank and {@code alpha / r} for every module. */
    public static LoraScale of(int r, double loraAlpha) {
        return new LoraScale(r, loraAlpha, false, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /** The same rank and {@code alpha / √r} for every module. */
    public static LoraScale rankStabilized(int r, double loraAlpha) {
        return new LoraScale(r, loraAlpha, true, new LinkedHashMap<>(), new LinkedHashMap<>());
    }

    /** R of {@code A (R, in)} and {@code B (out, R)} in this module. */
    public int rank(String module) {
        return first("rank_pattern", rankPattern, module).orElse(r);
    }

    /** Alpha of this module. */
    public double alpha(String module) {
        return first("alpha_pattern", alphaPattern, module).orElse(loraAlpha);
    }

    /** The factor of {@code B·A} in this module. */
    public double scaling(String module) {
        return alpha(module) / (useRslora ? Math.sqrt(rank(module)) : rank(module));
    }

    private static <T> Optional<T> first(String key, Map<String, T> patterns, String module) {
        return patterns.entrySet().stream()
                .filter(entry -> ModuleSelection.compile(key, "(.*\\.)?(" + entry.getKey() + ")").matcher(module).matches())
                .map(Map.Entry::getValue)
                .findFirst();
    }

    private static void requireRank(String key, int rank) {
        if (rank < 1) {
            throw LeewayException.data("%s: a rank must be at least 1, found %d", key, rank);
        }
    }

    private static void requireFinite(String key, double alpha) {
        if (!Double.isFinite(alpha)) {
            throw LeewayException.data("%s: an alpha must be a finite number, found %s", key, alpha);
        }
    }
}
