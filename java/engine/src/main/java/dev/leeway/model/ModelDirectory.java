package dev.leeway.model;

import dev.leeway.LeewayException;
import dev.leeway.ffi.DType;
import dev.leeway.io.AdapterConfig;
import dev.leeway.io.AdapterDirectory;
import dev.leeway.io.AtomicFile;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import dev.leeway.io.LoraPair;
import dev.leeway.io.ShardedWriter;
import dev.leeway.io.StoredTensor;
import dev.leeway.io.TensorFiles;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * A Hugging Face model directory: {@code config.json} and weights in safetensors; a language model ({@code …ForCausalLM}) or a reward model
 * ({@code …ForSequenceClassification} with one label).
 */
public final class ModelDirectory {

    private static final String CONFIG = "config.json";
    private static final List<String> COMPANIONS = List.of("generation_config.json", "tokenizer.json", "tokenizer_config.json",
        "special_tokens_map.json", "chat_template.jinja");

    private final Path path;
    private final JsonObject json;
    private final ModelConfig config;
    private final boolean freshScore;

    private ModelDirectory(Path path, JsonObject json, ModelConfig config, boolean freshScore) {
        this.path = path;
        this.json = json;
        this.config = config;
        this.freshScore = freshScore;
    }

    /** Opens a directory and reads its configuration. */
    public static ModelDirectory open(Path path) {
        if (!Files.isDirectory(path)) {
            throw LeewayException.data("%s is no directory; a Hugging Face model directory with config.json and model.safetensors is "
                + "expected", path);
        }
        if (!Files.isRegularFile(path.resolve(CONFIG))) {
            throw LeewayException.data("%s has no config.json; a Hugging Face model directory is expected", path);
        }
        var json = JsonFile.read(path.resolve(CONFIG));
        if (ConfigReader.read(json).isClassifier() && hasScoreBias(path)) {
            json.node().put(ConfigReader.SCORE_BIAS, true);
        }
        return new ModelDirectory(path, json, ConfigReader.read(json), false);
    }

    /** A directory without weights has none: it may be planned with, and can't be loaded. */
    private static boolean hasScoreBias(Path path) {
        if (!Files.exists(path.resolve(TensorFiles.SINGLE)) && !Files.exists(path.resolve(TensorFiles.INDEX))) {
            return false;
        }
        try (var files = TensorFiles.open(path)) {
            return files.find(ScalarHead.MODULE + ".bias").isPresent();
        }
    }

    /**
     * A reward model that starts from this language model: the same decoder below a new {@code score} head, which {@link #loadInto} leaves
     * for {@link Initializer#fillScore} or an adapter to fill. A reward model is returned as it is.
     *
     * @param padTokenId the tokenizer's padding token, for a config.json that names none; transformers needs it for batches
     */
    public ModelDirectory asRewardModel(OptionalInt padTokenId) {
        if (config.isClassifier()) {
            return this;
        }
        var classifier = json.node().deepCopy();
        classifier.putArray("architectures").add(classifierArchitecture());
        classifier.putObject("id2label").put("0", "LABEL_0");
        classifier.putObject("label2id").put("LABEL_0", 0);
        classifier.remove("num_labels");
        if (!json.has("pad_token_id")) {
            padTokenId.ifPresent(id -> classifier.put("pad_token_id", id));
        }
        var object = new JsonObject(json.where(), "", classifier);
        return new ModelDirectory(path, object, ConfigReader.read(object), true);
    }

    private String classifierArchitecture() {
        return switch (config.modelType()) {
            case "llama" -> "Llama";
            case "mistral" -> "Mistral";
            case "qwen2" -> "Qwen2";
            case "qwen3" -> "Qwen3";
            case "gemma" -> "Gemma";
            case "gemma2" -> "Gemma2";
            case "gemma3_text" -> "Gemma3Text";
            default -> throw new IllegalStateException(config.modelType());
        } + ConfigReader.CLASSIFIER;
    }

    /** Whether its {@code score} head is in no file yet: of a language model {@link #asRewardModel}. */
    public boolean hasFreshScore() {
        return freshScore;
    }

    /** What config.json says, or would say once it is saved. */
    public JsonObject json() {
        return json;
    }

    /** Where it is. */
    public Path path() {
        return path;
    }

    /** What the model is. */
    public ModelConfig config() {
        return config;
    }

    /** Loads the base weights into a model of this configuration; a fresh {@code score} head is left as it is. */
    public void loadInto(Llama model) {
        try (var files = TensorFiles.open(path)) {
            if (freshScore) {
                Weights.loadDecoder(model, files.asMap(), path.toString());
            } else {
                Weights.loadBase(model, files.asMap(), path.toString());
            }
        }
    }

    /** Loads a PEFT adapter into a model that was planned with its configuration and holds the base weights. */
    public static void loadAdapter(Llama model, AdapterDirectory adapter) {
        Map<String, StoredTensor> tensors = new HashMap<>(adapter.saved());
        adapter.pairs().values().forEach(pair -> {
            tensors.put(pair.a().name(), pair.a());
            tensors.put(pair.b().name(), pair.b());
        });
        Weights.loadAdapter(model, tensors, adapter.directory().toString());
        Weights.loadCopies(model, adapter.copies(), adapter.directory().toString());
    }

    /**
     * Writes the base weights of a model as a directory that transformers loads: weights as they are stored, this directory's other files
     * beside them.
     */
    public void save(Llama model, Path target) {
        save(model, target, json, path);
    }

    /**
     * The same for a model that came from nowhere: with the given configuration, and the companions (tokenizer files) of another directory.
     */
    public static void save(Llama model, Path target, JsonObject config, Path companions) {
        try (var arena = Arena.ofConfined()) {
            Files.createDirectories(target);
            ShardedWriter.write(target, Weights.export(model.device(), base(model), arena), ShardedWriter.DEFAULT_MAX_SHARD_SIZE);
            JsonFile.write(target.resolve(CONFIG), savedConfig(config, storedType(model)));
            copyCompanions(companions, target);
        } catch (IOException e) {
            throw LeewayException.resources(e, "cannot write %s: %s", target, e.getMessage());
        }
    }

    /** Writes the adapter of a model as a PEFT directory. */
    public void saveAdapter(Llama model, AdapterConfig adapter, Path target) {
        try (var arena = Arena.ofConfined()) {
            var tensors = new HashMap<String, StoredTensor>();
            Weights.export(model.device(), model.adapterParameters(), arena)
                .forEach(tensor -> tensors.put(tensor.name(), tensor));
            var pairs = new ArrayList<LoraPair>();
            for (var name : List.copyOf(tensors.keySet())) {
                pair(name, tensors).ifPresent(pairs::add);
            }
            Files.createDirectories(target);
            AdapterDirectory.write(target, adapter, pairs,
                tensors.values().stream().filter(tensor -> !tensor.name().contains(".lora_")).toList());
            copyCompanions(path, target);
        } catch (IOException e) {
            throw LeewayException.resources(e, "cannot write %s: %s", target, e.getMessage());
        }
    }

    /** The pair whose A has this name. */
    private static Optional<LoraPair> pair(String name, Map<String, StoredTensor> tensors) {
        return Arrays.stream(LoraPair.Layer.values()).filter(layer -> name.endsWith(layer.a())).findFirst().map(layer -> {
            var module = name.substring(0, name.length() - layer.a().length());
            return new LoraPair(module.substring(AdapterDirectory.PREFIX.length()), layer, tensors.get(name),
                tensors.get(module + layer.b()));
        });
    }

    private static DType storedType(Llama model) {
        return base(model).stream().map(parameter -> parameter.stored().dtype()).filter(type -> type != DType.F32).findFirst()
            .orElse(DType.F32);
    }

    private static ObjectNode savedConfig(JsonObject config, DType stored) {
        var node = config.node().deepCopy();
        node.remove("dtype");
        node.put("torch_dtype", stored == DType.BF16 ? "bfloat16" : "float32");
        return node;
    }

    /** What {@link #save(Llama, Path, JsonObject, Path)} puts beside F32 weights, as name → content: config.json and the companions. */
    public static SequencedMap<String, byte[]> sideFiles(JsonObject config, Path companions) {
        var files = companions(companions);
        files.putFirst(CONFIG, JsonFile.pretty(savedConfig(config, DType.F32)).getBytes(StandardCharsets.UTF_8));
        return files;
    }

    /** The tokenizer and generation files of a directory, as name → content. */
    public static SequencedMap<String, byte[]> companions(Path directory) {
        var files = new LinkedHashMap<String, byte[]>();
        for (var name : COMPANIONS) {
            var file = directory.resolve(name);
            try {
                if (Files.isRegularFile(file)) {
                    files.put(name, Files.readAllBytes(file));
                }
            } catch (IOException e) {
                throw LeewayException.data(e, "%s can't be read: %s", file, e.getMessage());
            }
        }
        return files;
    }

    private static List<Parameter> base(Llama model) {
        return model.parameters().stream().filter(parameter -> !parameter.isAdapter()).toList();
    }

    /** Copies the contents alone: the originals may be read-only. */
    private static void copyCompanions(Path from, Path target) throws IOException {
        if (Files.isDirectory(from) && !Files.isSameFile(from, target)) {
            companions(from).forEach((name, content) -> AtomicFile.write(target.resolve(name), content));
        }
    }
}
