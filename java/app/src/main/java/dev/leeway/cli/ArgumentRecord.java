package dev.leeway.cli;

import dev.leeway.io.JsonFile;
import java.util.Collection;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.node.ObjectNode;

/** The options of a command with the values that it ran with, as {@code training_args.json} holds them. */
final class ArgumentRecord {

    private ArgumentRecord() {
    }

    static ObjectNode of(CommandSpec command) {
        var json = JsonFile.newObject().put("command", command.name()).put("leeway_version", new Main.Version().getVersion()[0]);
        for (var option : command.options()) {
            if (!option.usageHelp() && !option.versionHelp()) {
                put(json, option.longestName().replaceFirst("^-+", ""), option.getValue());
            }
        }
        return json;
    }

    private static void put(ObjectNode json, String name, Object value) {
        switch (value) {
            case null -> json.putNull(name);
            case Optional<?> optional when optional.isEmpty() -> json.putNull(name);
            case Optional<?> optional -> put(json, name, optional.get());
            case Boolean flag -> json.put(name, flag);
            case Integer number -> json.put(name, number);
            case Long number -> json.put(name, number);
            case Double number -> json.put(name, number);
            case Collection<?> values -> {
                var list = json.putArray(name);
                values.forEach(element -> list.add(element.toString()));
            }
            default -> json.put(name, value.toString());
        }
    }
}
