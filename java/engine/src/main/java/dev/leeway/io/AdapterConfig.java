package dev.leeway.io;

import dev.leeway.LeewayException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * {@code adapter_config.json} of a LoRA adapter, as PEFT writes and reads it.
 * <p>
 * Reading refuses, by name, every option that is set and that would change numbers in a way this configuration can't express
 * (DoRA, trained biases, replicated layers, initialisations that alter the base weights …), and every set option it doesn't know.
 *
 * @param scale               {@code r}, {@code lora_alpha}, {@code use_rslora}, {@code rank_pattern}, {@code alpha_pattern}
 * @param targetModules       {@code target_modules} and {@code exclude_modules}
 * @param loraDropout         probability that an input of A is zeroed in training
 * @param modulesToSave       modules that are trained and stored as a whole
 * @param taskType            {@code CAUSAL_LM}, {@code SEQ_CLS} …; may be empty
 * @param baseModelNameOrPath where the base model was loaded from; {@code ""} if unknown
 */
public record AdapterConfig(LoraScale scale, ModuleSelection targetModules, double loraDropout, List<String> modulesToSave,
        Optional<String> taskType, String baseModelNameOrPath) {

    /** {@code task_type} of an adapter of a sequence classifier. */
    public static final String SEQ_CLS = "SEQ_CLS";

    private static final String ALL_LINEAR = "all-linear";
    /** What PEFT takes for the heads of classifiers, whatever they are called. */
    private static final List<String> HEADS = List.of("classifier", "score");

    /** Keys that {@link #from} reads into a component. */
    private static final Set<String> READ = Set.of("r", "lora_alpha", "use_rslora", "rank_pattern", "alpha_pattern", "target_modules",
            "exclude_modules", "lora_dropout", "modules_to_save", "task_type", "base_model_name_or_path", "peft_type");

    /** Keys that change no number of an adapter that is already trained, whatever their value. */
    private static final Set<String> HARMLESS = Set.of("auto_mapping", "inference_mode", "revision", "peft_version", "megatron_core",
            "qalora_group_size", "loftq_config", "corda_config", "eva_config", "lora_ga_config", "runtime_config");

    /** Initialisations of A and B that leave the base weights as they are; the others (PiSSA, OLoRA, LoftQ …) alter them. */
    private static final Set<String> INITIALISATIONS = Set.of("gaussian", "eva", "orthogonal");

    /** Checks the dropout probability. */
    public AdapterConfig {
        modulesToSave = List.copyOf(modulesToSave);
        if (!(loraDropout >= 0 && loraDropout < 1)) {
            throw LeewayException.data("lora_dropout must be at least 0 and below 1, found %s", loraDropout);
        }
    }

    /** An adapter of a causal language model without dropout. */
    public static AdapterConfig of(LoraScale scale, ModuleSelection targetModules) {
        return new AdapterConfig(scale, targetModules, 0, List.of(), Optional.of("CAUSAL_LM"), "");
    }

    /** Whether it is a reward model's: {@code task_type} SEQ_CLS. */
    public boolean isClassifier() {
        return taskType.filter(SEQ_CLS::equals).isPresent();
    }

    /** The modules that it replaces as a whole; PEFT adds a classifier's head to them whether it is named or not. */
    public List<String> replacedModules() {
        return isClassifier() ? Stream.concat(modulesToSave.stream(), HEADS.stream()).distinct().toList() : modulesToSave;
    }

    /** Reads an {@code adapter_config.json}. */
    public static AdapterConfig read(Path file) {
        return from(JsonFile.read(file));
    }

    /** Reads a configuration from its JSON object. */
    public static AdapterConfig from(JsonObject json) {
        if (!json.requireString("peft_type").equals("LORA")) {
            throw json.wrong("peft_type", "must be \"LORA\", found " + JsonObject.show(json.require("peft_type")));
        }
        requireSupported(json);
        try {
            return new AdapterConfig(scale(json), targets(json), json.optionalDouble("lora_dropout").orElse(0),
                    json.optionalStrings("modules_to_save").orElse(List.of()), json.optionalString("task_type"),
                    json.optionalString("base_model_name_or_path").orElse(""));
        } catch (LeewayException wrong) {
            throw wrong.getMessage().startsWith(json.where()) ? wrong
                    : LeewayException.data(wrong, "%s: %s", json.where(), wrong.getMessage());
        }
    }

    private static void requireSupported(JsonObject json) {
        var unsupported = new ArrayList<String>();
        for (var name : json.names()) {
            if (!READ.contains(name) && !HARMLESS.contains(name)) {
                json.optional(name).filter(value -> !isDefault(name, value))
                        .ifPresent(value -> unsupported.add(Quote.quote(name) + ": " + JsonObject.show(value)));
            }
        }
        if (!unsupported.isEmpty()) {
            throw LeewayException.data("%s sets %s, which Leeway does not support and which may change the adapter's numbers",
                    json.where(), String.join(", ", unsupported));
        }
    }

    private static boolean isDefault(String name, JsonNode value) {
        return switch (name) {
            case "bias" -> value.isString() && value.stringValue().equals("none");
            case "init_lora_weights" -> value.isBoolean() || value.isString() && INITIALISATIONS.contains(value.stringValue());
            default -> value.isBoolean() && !value.booleanValue() || value.isContainer() && value.isEmpty()
                    || value.isString() && value.stringValue().isEmpty();
        };
    }

    private static LoraScale scale(JsonObject json) {
        var ranks = new LinkedHashMap<String, Integer>();
        json.optionalObject("rank_pattern").ifPresent(map -> map.names().forEach(key -> ranks.put(key, map.requireInt(key))));
        var alphas = new LinkedHashMap<String, Double>();
        json.optionalObject("alpha_pattern").ifPresent(map -> map.names().forEach(key -> alphas.put(key, map.requireDouble(key))));
        return new LoraScale(json.requireInt("r"), json.requireDouble("lora_alpha"),
                json.optionalBoolean("use_rslora").orElse(false), ranks, alphas);
    }

    private static ModuleSelection targets(JsonObject json) {
        if (!json.has("target_modules")) {
            throw json.wrong("target_modules", "must be a list of names, a regular expression or \"all-linear\", found nothing");
        }
        var included = selection(json, "target_modules");
        return json.has("exclude_modules")
                ? new ModuleSelection.Except(included, selection(json, "exclude_modules"))
                : included;
    }

    private static ModuleSelection selection(JsonObject json, String name) {
        if (json.require(name).isArray()) {
            return new ModuleSelection.Names(json.requireStrings(name));
        }
        var text = json.requireString(name);
        return name.equals("target_modules") && text.equalsIgnoreCase(ALL_LINEAR)
                ? new ModuleSelection.AllLinear()
                : new ModuleSelection.Regex(text);
    }

    /** The JSON object that PEFT loads: every key that all its versions since 0.11 know, sorted. */
    public ObjectNode toJson() {
        var json = JsonFile.newObject();
        scale.alphaPattern().forEach(json.putObject("alpha_pattern")::put);
        json.putNull("auto_mapping");
        json.put("base_model_name_or_path", baseModelNameOrPath);
        json.put("bias", "none");
        if (targetModules instanceof ModuleSelection.Except except) {
            put(json, "exclude_modules", except.excluded());
        }
        json.put("fan_in_fan_out", false).put("inference_mode", true).put("init_lora_weights", true);
        json.putNull("layer_replication").putNull("layers_pattern").putNull("layers_to_transform").putObject("loftq_config");
        putNumber(json, "lora_alpha", scale.loraAlpha());
        json.put("lora_dropout", loraDropout).putNull("megatron_config").put("megatron_core", "megatron.core");
        if (modulesToSave.isEmpty()) {
            json.putNull("modules_to_save");
        } else {
            modulesToSave.forEach(json.putArray("modules_to_save")::add);
        }
        json.put("peft_type", "LORA").put("r", scale.r());
        scale.rankPattern().forEach(json.putObject("rank_pattern")::put);
        json.putNull("revision");
        put(json, "target_modules", targetModules instanceof ModuleSelection.Except except ? except.included() : targetModules);
        taskType.ifPresentOrElse(type -> json.put("task_type", type), () -> json.putNull("task_type"));
        return json.put("use_dora", false).put("use_rslora", scale.useRslora());
    }

    private static void put(ObjectNode json, String name, ModuleSelection selection) {
        switch (selection) {
            case ModuleSelection.Names names -> names.names().forEach(json.putArray(name)::add);
            case ModuleSelection.Regex regex -> json.put(name, regex.regex());
            case ModuleSelection.AllLinear _ -> json.put(name, ALL_LINEAR);
            case ModuleSelection.Except _ -> throw LeewayException.usage("%s can exclude modules only once", name);
        }
    }

    /** PEFT declares alpha an integer; a whole number is written as one. */
    private static void putNumber(ObjectNode json, String name, double value) {
        if (value == Math.rint(value) && Math.abs(value) < 1L << 53) {
            json.put(name, (long) value);
        } else {
            json.put(name, value);
        }
    }
}
