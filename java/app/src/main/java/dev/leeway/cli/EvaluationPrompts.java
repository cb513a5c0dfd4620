package dev.leeway.cli;

import dev.leeway.LeewayException;
import dev.leeway.eval.Setting.EvaluationPrompt;
import dev.leeway.io.JsonFile;
import dev.leeway.io.JsonObject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.Option;

/** What stands around every item: each prompt is a run of all items. */
final class EvaluationPrompts {

    private static final String NONE = "none";
    private static final Set<String> KEYS = Set.of("name", "system", "prefix", "suffix");

    @Option(names = "--system_prompt", paramLabel = "NAME=TEXT", arity = "1..*", description = "system turns, each tried with all items; "
        + "none is the items as they are (default: none)")
    List<String> systems = List.of();

    @Option(names = "--evaluation_prompt", paramLabel = "FILE", description = "the same as JSON objects, one a line, with name, and any of "
        + "system, prefix (before what the user says first) and suffix (behind what the user says last)")
    Optional<Path> file = Optional.empty();

    void check(Problems problems) {
        file.ifPresent(path -> problems.requireReadable("--evaluation_prompt", path));
        systems.forEach(text -> problems.require(text.equals(NONE) || text.matches("[A-Za-z0-9_.-]+=(?s:.*)"),
            "--system_prompt takes NAME=TEXT, a name of letters, digits, _, . and - first, or none; got %s", text));
        if (file.filter(Files::isReadable).isPresent()) {
            problems.check(this::fromFile);
        }
    }

    /** All of them; the items as they are, where there is none. */
    List<EvaluationPrompt> all() {
        var all = new ArrayList<EvaluationPrompt>();
        systems.forEach(text -> all.add(text.equals(NONE) ? EvaluationPrompt.NONE
            : EvaluationPrompt.system(text.split("=", 2)[0], text.split("=", 2)[1])));
        all.addAll(fromFile());
        return all.isEmpty() ? List.of(EvaluationPrompt.NONE) : all;
    }

    private List<EvaluationPrompt> fromFile() {
        if (file.isEmpty()) {
            return List.of();
        }
        try {
            var prompts = new ArrayList<EvaluationPrompt>();
            int number = 0;
            for (var line : Files.readAllLines(file.get())) {
                number++;
                if (!line.isBlank()) {
                    prompts.add(prompt(JsonFile.parse(file.get() + ":" + number, line)));
                }
            }
            return prompts;
        } catch (IOException unreadable) {
            throw LeewayException.data(unreadable, "--evaluation_prompt: %s can't be read as UTF-8 text: %s", file.get(),
                unreadable.getMessage());
        }
    }

    private static EvaluationPrompt prompt(JsonObject row) {
        row.names().stream().filter(name -> !KEYS.contains(name)).findFirst().ifPresent(unknown -> {
            throw LeewayException.data("%s: unknown key %s; there are name, system, prefix and suffix", row.where(), unknown);
        });
        return new EvaluationPrompt(row.requireString("name"), row.optionalString("system"), row.optionalString("prefix").orElse(""),
            row.optionalString("suffix").orElse(""));
    }
}
