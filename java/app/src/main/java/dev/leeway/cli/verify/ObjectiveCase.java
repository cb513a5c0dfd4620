package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.tensor.Device;
import java.nio.file.Path;
import java.util.List;

/** A loss on given scores, in double. */
record ObjectiveCase(Path path, JsonObject json, ObjectiveFamily family) implements Case {

    private static final List<ObjectiveFamily> FAMILIES = List.of(new SupervisedCases("sft", "nll"), new SupervisedCases("dft", "dft"),
        new TokenStatisticsCases(), new DirectPreferenceCases("dpo", "sigmoid"), new DirectPreferenceCases("ipo", "ipo"),
        ContrastivePreferenceCases.SIMPO, ContrastivePreferenceCases.CPO, new OddsRatioCases(), new KahnemanTverskyCases(),
        new BradleyTerryCases(), new PolicyCases(), new AdvantageCases(), new ProximalPolicyCases(), new GeneralizedAdvantageCases());

    static Case of(Path path, JsonObject json) {
        var objective = json.requireString("objective");
        return FAMILIES.stream().filter(family -> family.names().contains(objective)).findFirst()
            .<Case>map(family -> new ObjectiveCase(path, json, family))
            .orElseGet(() -> new Case.NotChecked(path, "objective " + objective));
    }

    @Override
    public String kind() {
        return "objective";
    }

    @Override
    public List<Check> run(Device device) {
        var checks = new Checks();
        var document = new ObjectiveFamily.Document(new Fields(json.requireObject("params")), new Fields(json.requireObject("inputs")),
            new Fields(json.requireObject("expected")));
        family.check(document, checks);
        document.requireAllKnown();
        return checks.all();
    }
}
