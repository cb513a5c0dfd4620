package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Option;

/** A low-rank adapter instead of all weights; names are those of TRL and PEFT. */
final class LoraOptions {

    private static final int RANK = 16;
    private static final double ALPHA = 32;
    private static final String ALL_LINEAR = "all-linear";

    @Option(names = {"--use_peft", "--use_lora"}, arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train a LoRA adapter and leave the model's weights as they are")
    boolean use;

    @Option(names = "--lora_r", paramLabel = "R", description = "rank (default: 16)")
    Optional<Integer> rank = Optional.empty();

    @Option(names = "--lora_alpha", paramLabel = "A", description = "the adapter is scaled by alpha / r (default: 32)")
    Optional<Double> alpha = Optional.empty();

    @Option(names = "--lora_target_modules", paramLabel = "NAME[,NAME…]", split = ",", arity = "1..*", hideParamSyntax = true,
        description = "linear layers with an adapter, such as q_proj,v_proj (default: all-linear)")
    List<String> targets = List.of();

    @Option(names = "--use_rslora", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL", description = "scale by alpha / sqrt(r)")
    boolean rslora;

    /** Reports values out of range, and options that would silently do nothing. */
    void check(Problems problems) {
        boolean given = rank.isPresent() || alpha.isPresent() || !targets.isEmpty() || rslora;
        problems.require(use || !given, "the --lora_… options have no effect without --use_peft; add it to train an adapter");
        rank.ifPresent(r -> problems.require(r > 0, "--lora_r must be positive; got %d", r));
        alpha.ifPresent(a -> problems.require(Double.isFinite(a), "--lora_alpha must be a number; got %s", a));
    }

    /** The adapter that was asked for. */
    Optional<AdapterConfig> adapter(String baseModel) {
        return use ? Optional.of(configured(baseModel)) : Optional.empty();
    }

    /** The adapter of these options, asked for or not. */
    AdapterConfig configured(String baseModel) {
        int r = rank.orElse(RANK);
        double a = alpha.orElse(ALPHA);
        var scale = rslora ? LoraScale.rankStabilized(r, a) : LoraScale.of(r, a);
        boolean all = targets.isEmpty() || targets.equals(List.of(ALL_LINEAR));
        var modules = all ? new ModuleSelection.AllLinear() : new ModuleSelection.Names(targets);
        return new AdapterConfig(scale, modules, 0, List.of(), Optional.of("CAUSAL_LM"), baseModel);
    }
}
