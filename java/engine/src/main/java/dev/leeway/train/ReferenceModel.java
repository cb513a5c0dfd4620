package dev.leeway.train;

import dev.leeway.io.Sha256;
import dev.leeway.model.Batch;
import dev.leeway.model.Llama;
import dev.leeway.model.Parameter;
import dev.leeway.objective.Column;
import dev.leeway.objective.TokenScores;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * A reference that is computed by a forward pass of its own.
 *
 * @param model whose weights it reads
 * @param adapterOff whether the model's adapter takes no part
 */
public record ReferenceModel(Llama model, boolean adapterOff) implements Reference {

    private static final Set<Column> LOG_PROB = Set.of(Column.LOG_PROB);

    @Override
    public TokenScores score(Batch batch, TokenScores room) {
        return adapterOff ? model.withoutAdapter(() -> model.score(batch, LOG_PROB, room)) : model.score(batch, LOG_PROB, room);
    }

    @Override
    public void setTemperature(double temperature) {
        model.setTemperature(temperature);
    }

    /** SHA-256 over names, types, shapes and values of the weights that take part, as 64 hexadecimal digits. */
    String fingerprint() {
        var sum = new Sha256();
        var taking = model.parameters().stream().filter(parameter -> !(adapterOff && parameter.isAdapter())).toList();
        try (var arena = Arena.ofConfined()) {
            var room = arena.allocate(Math.max(1, largest(taking)), 64);
            for (var parameter : taking) {
                var value = parameter.value();
                sum.addBytes(parameter.name() + value.dtype() + Arrays.toString(value.shape()));
                var bytes = room.asSlice(0, value.bytes());
                model.device().download(value, bytes);
                sum.addBytes(bytes);
            }
        }
        return sum.hex();
    }

    private static long largest(List<Parameter> parameters) {
        return parameters.stream().mapToLong(parameter -> parameter.value().bytes()).max().orElse(0);
    }
}
