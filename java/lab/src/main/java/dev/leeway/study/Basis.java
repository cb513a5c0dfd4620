package dev.leeway.study;

import dev.leeway.io.JsonFile;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * What a study is carried out on.
 *
 * @param model names the model that it begins with, by its content; empty where stages make their own, or it isn't there yet
 * @param device the kind that computes: each has its own rounding
 * @param dtype the number type that models are examined in
 * @param materials by which rows and files that are made are known by their content; empty = by their description alone
 */
public record Basis(Optional<String> model, String device, String dtype, Optional<Materials> materials) {

    /** What isn't there. */
    static final String ABSENT = "absent";

    /** On the CPU in float32. */
    static Basis of(Optional<String> model) {
        return new Basis(model, "cpu", "float32", Optional.empty());
    }

    /** What is sealed of it. */
    ObjectNode json() {
        return JsonFile.newObject().put("base model", model.orElse(ABSENT)).put("device", device).put("dtype", dtype);
    }
}
