# The whole command surface. `make` alone prints it.
.DEFAULT_GOAL := aide
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
export PYTHONDONTWRITEBYTECODE := 1
export DO_NOT_TRACK := 1

.PHONY: aide demo refresh test test-long test-campaign style lint sql serve status check-sources deposit rollback keep verify export bench lock clean

aide: ## cette aide
	@echo "Référentiel régional de données socio-économiques"
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-15s %s\n", $$1, $$2}'

# The environment is made from the lock file alone (versions and hashes), and made again only when the lock changes.
$(VENV)/paquets: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Il faut Python 3.11 ou plus récent : $(PYTHON) est $$($(PYTHON) --version). Donner PYTHON=python3.11 (ou plus)."; exit 2; }
	@echo "Création de l'environnement (une minute environ)…"
	@rm -rf $(VENV) && $(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements.lock \
		2> $(VENV)/pip.log || { cat $(VENV)/pip.log; echo "L'environnement n'a pas pu être créé : voir ci-dessus (réseau, miroir des paquets ?)."; exit 2; }
	@touch $@

# Our own modules are compiled whenever one changed: the service cannot write beside its code, and starts every two hours.
$(VENV)/pret: $(VENV)/paquets $(shell find extract expectations publish bench -name '*.py')
	@{ $(PY) -m compileall -q extract expectations publish bench && touch $@; } 2> /dev/null || \
		echo "Les modules ne sont pas compilés (le dossier est à un autre ?) : chaque commande démarre plus lentement."

demo: $(VENV)/pret ## tout, sur une machine neuve : réplique des producteurs, extraction, construction, contrôles, publication, exports
	@$(PY) -m publish demo

refresh: $(VENV)/pret ## la même chose sur les vrais producteurs (clés dans l'environnement), ailleurs que la démonstration : REFERENTIEL_DATA=donnees
	@$(PY) -m publish run

test: $(VENV)/pret style ## tous les tests (une dizaine de minutes sur deux cœurs)
	@$(PY) -m pytest -m "not long and not campaign" --numprocesses auto --maxprocesses 4 --dist loadfile

test-long: $(VENV)/pret ## les tests longs par nature
	@$(PY) -m pytest -m long

test-campaign: $(VENV)/pret ## toutes les fautes du saboteur, l'exécution tuée à tout instant : des heures, à lancer avant un grand changement
	@$(PY) -m pytest -m campaign

style: $(VENV)/pret
	@$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy

lint: style ## ruff, mypy, sqlfluff (deux minutes de plus)
	@$(VENV)/bin/sqlfluff lint --disable-progress-bar --processes 2 models tests publish/macros

sql: $(VENV)/pret ## un shell SQL sur la publication en cours, en lecture seule · QUERY="…" pour un seul résultat
	@$(PY) -m publish sql "$$QUERY"

serve: $(VENV)/pret ## le service SQL partagé sur la publication en cours (docs/service-partage.md)
	@$(PY) -m publish serve

status: $(VENV)/pret ## une ligne par source : dernière livraison, fraîcheur
	@$(PY) -m publish status

check-sources: $(VENV)/pret ## pose une question à chaque vrai producteur et dit qui ne répond plus comme décrit
	@$(PY) -m extract check

deposit: $(VENV)/pret ## dépose un fichier d'un producteur · SOURCE=… FILE=… PUBLISHED_ON=AAAA-MM-JJ [PARTITION=…]
	@$(PY) -m extract deposit "$$SOURCE" "$$FILE" --published-on "$$PUBLISHED_ON" $${PARTITION:+--partition "$$PARTITION"}

rollback: $(VENV)/pret ## ramène la publication en cours à une autre · RELEASE=…
	@$(PY) -m publish rollback $(RELEASE)

keep: $(VENV)/pret ## garde pour toujours la release que nomme un rapport · RELEASE=… RAPPORT="…"
	@$(PY) -m publish keep "$(RELEASE)" "$(RAPPORT)"

verify: $(VENV)/pret ## relit chaque octet de l'archive et de chaque release, refait mille chiffres publiés sans les modèles, et compare
	@$(PY) -m publish verify

export: $(VENV)/pret ## exports de la publication en cours · PORTRAIT=… PORTRAITS=tous CLASSEUR=… TABLEAU_DE_BORD=oui VRAC=tout (docs/rapports.md)
	@$(PY) -m publish export

bench: $(VENV)/pret ## les mesures du README
	@$(PY) -m bench

lock: $(VENV)/pret ## refait requirements.lock depuis pyproject.toml
	@$(PY) -m piptools compile --quiet --generate-hashes --allow-unsafe --strip-extras --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --no-header --extra dev --output-file requirements.lock pyproject.toml

clean: ## efface l'environnement et tout ce qui a été fabriqué (les archives aussi : data/)
	@rm -rf $(VENV) data .pytest_cache .mypy_cache .ruff_cache
