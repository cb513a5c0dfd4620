package dev.leeway.cli;

import dev.leeway.io.AdapterConfig;
import dev.leeway.io.LoraScale;
import dev.leeway.io.ModuleSelection;
import dev.leeway.io.Nearest;
import dev.leeway.model.ModelConfig;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Option;
import tools.jackson.databind.node.ObjectNode;

/** A low-rank adapter instead of all weights; names are those of TRL and PEFT. */
final class LoraOptions {

    private static final int RANK = 16;
    /** What the kernels take. */
    private static final int LARGEST_RANK = 512;
    private static final double ALPHA = 32;
    private static final String ALL_LINEAR = "all-linear";
    /** The linear layers of a decoder layer. */
    private static final List<String> LINEAR = List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.o_proj",
        "mlp.gate_proj", "mlp.up_proj", "mlp.down_proj");
    private static final List<String> NAMES = Stream.concat(LINEAR.stream().map(name -> name.substring(name.indexOf('.') + 1)),
        Stream.of("lm_head", "embed_tokens", ALL_LINEAR)).toList();

    @Option(names = {"--use_peft", "--use_lora"}, arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "train a LoRA adapter and leave the model's weights as they are (default: false)")
    boolean use;

    @Option(names = "--lora_r", paramLabel = "R", description = "rank (default: 16)")
    Optional<Integer> rank = Optional.empty();

    @Option(names = "--lora_alpha", paramLabel = "A", description = "the adapter is scaled by alpha / r (default: 32)")
    Optional<Double> alpha = Optional.empty();

    @Option(names = "--lora_target_modules", paramLabel = "NAME[,NAME…]", split = ",", arity = "1..*", hideParamSyntax = true,
        description = "layers with an adapter, such as q_proj,v_proj (default: all-linear, which is all but lm_head and embed_tokens)")
    List<String> targets = List.of();

    @Option(names = "--use_rslora", arity = "0..1", fallbackValue = "true", paramLabel = "BOOL",
        description = "scale by alpha / sqrt(r) (default: false)")
    boolean rslora;

    @Option(names = "--lora_dropout", paramLabel = "P",
        description = "probability that an input of the adapter is dropped in training (default: 0)")
    Optional<Double> dropout = Optional.empty();

    @Option(names = {"--lora_modules_to_save", "--modules_to_save"}, paramLabel = "NAME[,NAME…]", split = ",", hideParamSyntax = true,
        description = "modules trained as a whole and stored with the adapter, such as lm_head,embed_tokens (default: none)")
    List<String> modulesToSave = List.of();

    /** Reports values out of range, and options that would silently do nothing. */
    void check(Problems problems) {
        boolean given = rank.isPresent() || alpha.isPresent() || !targets.isEmpty() || rslora || dropout.isPresent()
            || !modulesToSave.isEmpty();
        problems.require(use || !given, "the --lora_… options have no effect without --use_peft; add it to train an adapter");
        rank.ifPresent(r -> problems.require(r > 0 && r <= LARGEST_RANK, "--lora_r must be from 1 to %d; got %d", LARGEST_RANK,
            r));
        alpha.ifPresent(a -> problems.require(Float.isFinite(a.floatValue()),
            "--lora_alpha must be a number that a float can hold; got %s", a));
        dropout.ifPresent(p -> problems.require(p >= 0 && p < 1, "--lora_dropout must be at least 0 and below 1; got %s", p));
    }

    /** Refuses names that select no module of the model that can have an adapter. */
    static void requireTargets(AdapterConfig adapter, ModelConfig config) {
        if (adapter.targetModules() instanceof ModuleSelection.Names(var names)) {
            var problems = new Problems();
            for (var name : names) {
                var selection = ModuleSelection.names(name);
                boolean found = selection.selects("lm_head") || selection.selects("model.embed_tokens")
                    || IntStream.range(0, config.numHiddenLayers()).boxed()
                    .anyMatch(layer -> LINEAR.stream().anyMatch(linear -> selection.selects("model.layers." + layer + "." + linear)));
                problems.require(found, "--lora_target_modules: %s selects no layer that takes an adapter%s", name,
                    Nearest.hint(name, NAMES));
            }
            problems.throwIfAny();
        }
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
        return new AdapterConfig(scale, modules, dropout.orElse(0.0), modulesToSave, Optional.of("CAUSAL_LM"), baseModel);
    }

    /** Puts everything that decides numbers into an object, under the options' names. */
    static void describe(Optional<AdapterConfig> adapter, ObjectNode json) {
        json.put("use_peft", adapter.isPresent());
        adapter.ifPresent(lora -> {
            json.put("lora_r", lora.scale().r()).put("lora_alpha", lora.scale().loraAlpha()).put("use_rslora", lora.scale().useRslora())
                .put("lora_dropout", lora.loraDropout()).put("lora_modules_to_save", String.join(",", lora.modulesToSave()));
            json.set("lora_target_modules", lora.toJson().get("target_modules"));
        });
    }
}
