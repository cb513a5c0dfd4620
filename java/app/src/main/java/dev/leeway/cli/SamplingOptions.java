package dev.leeway.cli;

import dev.leeway.rollout.SamplingParameters;
import picocli.CommandLine.Option;

/** How tokens are drawn, in Hugging Face's words. */
final class SamplingOptions {

    @Option(names = "--temperature", paramLabel = "T", description = "0 = always the most probable token (default: 0)")
    double temperature;

    @Option(names = "--top_k", paramLabel = "K", description = "draw from the K most probable tokens; 0 = all (default: 0)")
    int topK;

    @Option(names = "--top_p", paramLabel = "P", description = "draw from the smallest set with this probability (default: 1)")
    double topP = 1;

    @Option(names = "--min_p", paramLabel = "P",
        description = "drop what is less probable than P times the most probable token (default: 0)")
    double minP;

    @Option(names = "--repetition_penalty", paramLabel = "F", description = "make tokens seen before less probable; 1 = off (default: 1)")
    double repetitionPenalty = 1;

    @Option(names = "--seed", paramLabel = "N", description = "of the draws (default: 0)")
    long seed;

    /** Reports values out of range, and options that greedy decoding would ignore. */
    void check(Problems problems) {
        problems.check(this::parameters);
        problems.require(temperature != 0 || topK == 0 && topP == 1 && minP == 0,
            "--top_k, --top_p and --min_p have no effect at --temperature 0, which always takes the most probable token");
    }

    SamplingParameters parameters() {
        return new SamplingParameters(temperature, topK, topP, minP, repetitionPenalty, seed);
    }
}
