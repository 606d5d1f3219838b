// The frame: header, the view of the address, keys.

import { useCallback, useEffect, useState } from "preact/hooks";
import type { ServiceStatus } from "./api.gen";
import { useResource } from "./fetch";
import { Help, useKeys } from "./keys";
import { useIncidents } from "./live";
import { Header } from "./parts/header";
import { Empty } from "./parts/state";
import { Name } from "./parts/text";
import { follow, type Route, useRoute } from "./route";
import { CompareView } from "./views/compare";
import { HealthView } from "./views/health";
import { IncidentView } from "./views/incident";
import { IncidentsView } from "./views/incidents";
import { OperationsView } from "./views/operations";
import { TopologyView } from "./views/topology";

const refresh = 5000;

export function App() {
  const route = useRoute();
  const status = useResource<ServiceStatus>("/api/v1/status", refresh);
  const [helping, setHelping] = useState(false);
  const help = useCallback(() => setHelping(true), []);
  useKeys(help);
  useIncidents(status.reload);
  useEffect(() => {
    addEventListener("click", follow);
    return () => removeEventListener("click", follow);
  }, []);
  const open = status.data?.open_incidents ?? 0;
  useEffect(() => {
    document.title = `${open > 0 ? `(${open}) ` : ""}${titles[route.view]} · culprit`;
  }, [route.view, open]);
  return (
    <>
      <Header status={status} current={section(route)} help={help} />
      <main id="main" tabIndex={-1}>
        <View route={route} status={status.data} />
      </main>
      <Help open={helping} close={() => setHelping(false)} />
    </>
  );
}

const titles: Record<Route["view"], string> = {
  incidents: "Incidents",
  incident: "Incident",
  topology: "Topology",
  operations: "Operations",
  compare: "Before against now",
  health: "Health",
  nowhere: "Nothing here",
};

function section(route: Route): string {
  return route.view === "incident" ? "/incidents" : `/${route.view}`;
}

function View({ route, status }: { route: Route; status: ServiceStatus | undefined }) {
  switch (route.view) {
    case "incidents":
      return <IncidentsView query={route.query} status={status} />;
    case "incident":
      return <IncidentView key={route.id} id={route.id} status={status} />;
    case "topology":
      return <TopologyView query={route.query} status={status} />;
    case "operations":
      return <OperationsView query={route.query} status={status} />;
    case "compare":
      return <CompareView query={route.query} status={status} />;
    case "health":
      return <HealthView />;
    case "nowhere":
      return (
        <Empty>
          <p>
            There is nothing at <Name text={route.path} />. <a href="/incidents">Incidents</a>
          </p>
        </Empty>
      );
  }
}
